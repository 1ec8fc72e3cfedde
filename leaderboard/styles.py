"""The few rules of style that Streamlit has no setting for.

Colours are the text's own or half transparent, so that light and dark both work. Blue is better and
orange is worse (Okabe and Ito 2008), and a mark says the same without colour.
"""

import streamlit as st

_RULES = """
[data-testid="stMainBlockContainer"] { padding: 4.4rem 2.5rem 4rem; }
[data-testid="stMainBlockContainer"] h1 { font-size: 1.7rem; padding: 0 0 .25rem; }
[data-testid="stMainBlockContainer"] h2 { font-size: 1.25rem; padding: .9rem 0 .1rem; }
[data-testid="stMainBlockContainer"] h3 { font-size: 1.05rem; padding: .6rem 0 .1rem; }
[data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; }
[data-testid="stMain"] [data-testid="stPageLink"] p { text-decoration: underline;
  text-decoration-color: rgba(128,128,128,.7); text-underline-offset: .2em; font-weight: 400; }
[data-testid="stMain"] [data-testid="stPageLink"] a { padding-left: 0; background: none; }
[data-testid="stCaptionContainer"] { opacity: .8; }
[data-testid="stButtonGroup"] [aria-checked="true"] p { color: CanvasText; }
.board { max-height: 78vh; overflow: auto; border: 1px solid rgba(128,128,128,.35); }
.board table { min-width: 100%; border-collapse: separate; border-spacing: 0; font-size: .8rem;
  line-height: 1.3; font-variant-numeric: tabular-nums; }
.board th, .board td { border-bottom: 1px solid rgba(128,128,128,.22); padding: .3rem .4rem;
  text-align: left; vertical-align: top; white-space: nowrap; font-weight: 400; }
.board thead th { position: sticky; top: 0; z-index: 2; background: Canvas; background-clip:
  padding-box; border-bottom: 1px solid rgba(128,128,128,.6); white-space: normal;
  min-width: 8.2rem; max-width: 13rem; overflow-wrap: anywhere; }
.board tbody th { position: sticky; left: 0; z-index: 1; background: Canvas; max-width: 16rem;
  overflow-wrap: anywhere; white-space: normal; }
.board thead th:first-child { left: 0; z-index: 3; }
.board th b, .board td b { font-weight: 650; }
.board tr.group th { font-weight: 650; background: color-mix(in srgb, Canvas 88%, CanvasText);
  position: static; }
.board small { display: block; font-size: .74rem; opacity: .9; }
.board a { color: inherit; text-underline-offset: .15em; }
.board i { font-style: normal; opacity: .9; font-size: .74rem; }
.board .tier { font-size: .68rem; line-height: 1; margin-left: .35rem; padding: .05rem .3rem;
  border: 1px solid rgba(128,128,128,.9); border-radius: .6rem; }
.board .mark { display: block; position: relative; height: 9px; min-width: 7rem; margin: .12rem 0; }
.board .bar, .board .tick { position: absolute; background: currentColor; }
.board .bar { top: 3px; height: 3px; opacity: .45; }
.board .tick { top: 0; height: 9px; width: 2px; margin-left: -1px; }
"""


def styled() -> None:
    """Put the rules on the page."""
    st.html(f"<style>{_RULES}</style>")
