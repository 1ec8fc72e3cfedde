"""Names that tell a person from a heading, and the words that are in no name.

The given names and surnames are frequent ones of English-speaking countries and of those who moved
there; Chinese surnames in pinyin stand first where a name is written in its own order.
"""

_ENGLISH = """
aaron abigail adam adrian aisha alan albert alex alexander alexandra alfred ali alice alicia
alison allison amanda amber amir amy ana andrea andrew angela anita ann anna anne annette
anthony antonio april arthur ashley audrey barbara barry beatrice benjamin bernard beth betty
beverly bill billy bob bonnie brandon brenda brian bridget bruce bryan caleb calvin carl carla
carlos carmen carol caroline carolyn catherine cathy cecilia charles charlotte chloe chris
christian christina christine christopher claire clara claudia clifford colin connie craig
cynthia daisy dale dan daniel danielle darren david dawn deborah debra denise dennis derek diana
diane diego donald donna doris dorothy douglas duncan dylan earl eddie edith edward edwin eileen
elaine eleanor elena elijah elizabeth ella ellen elsie emily emma eric erica erik erin ernest
esther ethan eugene eva evelyn fatima felix fiona florence frances francis frank fred frederick
gabriel gail gary gavin geoffrey george gerald geraldine gillian gladys glenn gloria gordon
grace greg gregory guillermo gwen hannah harold harriet harry hassan hazel heather hector helen
henry herbert hilda howard hugh ian ibrahim ida imran irene iris isaac isabel isabella ivan jack
jackie jacob jacqueline jaime james jamie jan jane janet janice jason javier jean jeff jeffrey
jennifer jeremy jerome jerry jesse jessica jesus jill jim joan joanna joanne joe joel john
johnny jon jonathan jorge jose joseph joshua joyce juan juanita judith judy julia julian julie
june karen karl kate katherine kathleen kathryn kathy katie keith kelly ken kenneth kevin kim
kimberly kyle larry laura lauren laurence lawrence leah lee leo leon leonard leslie lewis liam
lillian linda lisa lois lori lorraine louis louise lucas lucy luis luke lydia lynn mabel madison
malcolm manuel marcus margaret maria marian marie marilyn mario marion marjorie mark martha
martin marvin mary matthew maureen max megan melanie melissa michael michelle miguel mildred
mohamed mohammad mohammed molly monica morgan muhammad nancy naomi natalie natasha nathan
nathaniel neil nicholas nicole nigel nina noah nora norma norman oliver olivia omar oscar pamela
patricia patrick paul paula pauline pedro peggy penelope peter philip phillip phyllis priya
rachel ralph ramon randy raymond rebecca regina renee ricardo richard rita robert roberta
roberto robin rodney roger roland ronald rosa rose rosemary roy russell ruth ryan sally sam
samantha samuel sandra sara sarah scott sean sergio sharon shawn sheila shirley simon sofia
sophia sophie stacy stanley stella stephanie stephen steve steven stuart susan suzanne sylvia
tamara tara ted teresa terry theodore theresa thomas tiffany tim timothy tina todd tom tony
tracy travis tyler valerie vanessa vera vernon veronica victor victoria vincent violet virginia
vivian wallace walter wanda warren wayne wendy wesley william yolanda yusuf yvonne zachary zoe
"""
_PINYIN = """
cai cao chang chen cheng cui dai deng ding dong duan fan fang feng fu gao gong gu guo han he
hong hou hu huang jia jiang jin kang kong lai lei li liang liao lin liu long lu luo lv ma mao
meng niu ouyang pan peng qian qiao qin qiu ren shao shen shi song su sun tan tang tao tian wan
wang wei wen wu xia xiang xiao xie xiong xu xue yan yang yao ye yin yu yuan zeng zhang zhao
zheng zhong zhou zhu zou
"""
_SURNAMES = """
adams ahmed ali almeida alvarez anderson bailey baker becker bennett bernard bianchi campbell
carter castillo chavez choi clark collins cooper costa cruz davis diaz doe dubois durand edwards
evans fernandez ferrari ferreira fischer flores ford fraser garcia gibson gomez gonzalez graham
griffin gupta gutierrez hamilton harris hassan hernandez hoang hoffmann howard hughes hussain
huynh ito ivanov jackson jenkins jimenez johnson jones jung kelly kennedy khan kim kumar laurent
lee lewis lopez macdonald martin martinez mcdonald mendoza meyer miller mitchell moore morales
moreau morris murphy murray myers nelson nguyen o'brien o'connor o'neill oliveira ortiz park
parker patel patterson pereira perez peterson petrov pham phillips powell ramirez reyes reynolds
richardson rivera roberts robinson rodriguez rogers romano romero ross rossi ruiz russell russo
sanchez sanders santos sato schmidt schneider schulz shah sharma silva singh smirnov smith souza
stewart sullivan suzuki tanaka taylor thomas thompson torres tran turner vu wagner walker
wallace ward watanabe watson weber williams wilson yamamoto
"""
_NOT_A_NAME = """
a abc abcd abdominal abnormal about above absent access acid active actual actually acute
address admission admitted adult advice advocacy affairs african after afternoon age aged agrees
alert all allergies allergy alright also am american an and any anything appears are arm as
asian asked asks aspirin asthma at august autonomy aw back been before being black blood bone
both brain but by bye can cancer cannot capsule care caregiver caucasian center centered centre
chart chest chief chinese chloride chronic class clinic clinical clinician clinicians complains
complaint condition consent contact contacted controlled correct could daily data date day days
december declined denied denies department diabetes diagnosed diagnosis did died diet disease
disorder do dob doctor doctors does doing done during each education elderly email engagement
english ethnicity evening every everything exactly experience failure family father february
female fever fifty first flow follow following for french fri friday from full function
gardening gender general global good got great had has have having he head health heart hello
her here hey hi him his hispanic history hm hmm home honestly hospital how however hydrochloride
hypertension i id if illness in infant infection information injection inpatient instructions
insulin is it its january july just kidney know last later left let liver lives lung male man
management march maybe me med medical medication medications mellitus mental metformin miss
mister mm mon monday monitor monitoring morning mother mr mrn mrs ms my name named national
native navigator needs negative new next night no none nope normal not nothing november now
number nurse occupation october of oh ok okay old on one only or other our out outcome outcomes
outpatient overall pain past patient patients phone physical please pneumonia portal positive
post practitioner practitioners present presented presenting presents primary privacy problem
procedure profile protection provider pt questionnaire race rated really refused refuses
registry relation renal reported reports requested responded right rights room safety said salt
sat satisfaction saturday says score screening see seen selection september sex she should since
skin so social sodium some something sorry spanish specific ssn stable status stay still stroke
subject sulfate summary sun sunday support sure survey symptoms syndrome syrup tablet tablets
takes taking tel telephone test thank thanks that the their then therapy there these they this
those three thu thursday time to today told treatment tue tuesday two type uh um unable under
unknown up use vaccine visit want warfarin was we wed wednesday well were what when where which
white who why will with without woman would x xyz yeah years yes yesterday you young your
"""

ENGLISH = frozenset(_ENGLISH.split())
PINYIN = frozenset(_PINYIN.split())
SURNAMES = frozenset(_SURNAMES.split())
NOT_A_NAME = frozenset(_NOT_A_NAME.split())
