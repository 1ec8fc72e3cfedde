"""The leaderboard: a Streamlit app over a store."""
