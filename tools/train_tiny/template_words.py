"""The words that `templates` are filled with, those of the training and those of the development triples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """People and animals, things, places and events."""

    people: tuple[str, ...]
    things: tuple[str, ...]
    places: tuple[str, ...]
    events: tuple[str, ...]


def split_words(text: str) -> tuple[str, ...]:
    """Return the parts of a text between commas."""
    return tuple(text.split(","))


_NAMES = split_words(
    "Anna,Peter,Maria,John,Susan,David,Laura,Mark,Julia,Paul,Emma,Tom,Sarah,James,Linda,Robert,Helen,Frank,Alice,"
    "Carlos,Yuki,Ahmed,Ivan,Mei,Fatima,Hans,Ingrid,Pierre,Adam,Eve,Ben,Kate,Luke,Mary,Joseph,Ruth,Simon,Rachel,Daniel,"
    "Esther,Samuel,Hannah,George,Diana,Henry,Jane,William,Grace,Edward,Rose,Charles,Lucy,Arthur,Ella,Jack,Lily,Harry,"
    "Amy,Oliver,Chloe,Ryan,Megan,Kevin,Karen,Brian,Donna,Steven,Nancy,Jason,Betty,Eric,Carol,Larry,Sandra,Scott,Ashley,"
    "Andrew,Kim,Joshua,Emily,Kenneth,Michelle,Gary,Lisa,Nicholas,Angela,Jonathan,Melissa,Justin,Brenda,Miguel,Carmen,"
    "Diego,Lucia,Pablo,Elena,Marco,Giulia,Luca,Chiara,Jean,Claire,Louis,Camille,Dieter,Sabine,Klaus,Petra,Lars,Astrid,"
    "Nikolai,Tatiana,Boris,Natasha,Pavel,Irina,Hiroshi,Sakura,Kenji,Akira,Wei,Ling,Jun,Min,Raj,Priya,Arjun,Anita,Omar,"
    "Leila,Hassan,Amina,Yusuf,Zainab,Kofi,Ama,Chinedu,Thabo,Jo,Max,Leo,Mia,Zoe,Sam,Alex,Chris,Pat,Robin,Morgan"
)
_PEOPLE = split_words(
    "teacher,student,doctor,patient,manager,engineer,thief,bank,customer,company,supplier,child,mother,father,dog,cat,"
    "king,queen,minister,server,client,parser,compiler,baker,butcher,soldier,general,judge,singer,dancer,actor,director,"
    "writer,editor,reader,painter,driver,passenger,waiter,guest,host,neighbour,sister,brother,uncle,aunt,cousin,friend,"
    "enemy,boss,worker,owner,buyer,seller,banker,lender,borrower,trainer,player,coach,captain,sailor,hunter,fox,bear,lion,"
    "tiger,mouse,rabbit,horse,cow,sheep,bird,hawk,snake,shark,whale,scientist,researcher,professor,pupil,librarian,"
    "programmer,user,administrator,hacker,robot,machine,scheduler,worker thread,process,kernel,driver module,router,"
    "database,caller,callee,parent,daughter,son,husband,wife,mayor,president,senator,voter,reporter,priest,monk,"
    "plumber,carpenter,tailor,dentist,surgeon,chemist,astronaut,referee,goalkeeper,champion,rival,prisoner,guard,"
    "detective,criminal,victim,donor,charity,school,hospital,government,union,army,navy,museum,bakery,factory"
)
_THINGS = split_words(
    "book,letter,car,house,report,contract,picture,computer,phone,key,ticket,package,loan,gift,recipe,song,file,message,"
    "table,window,database,bicycle,chair,bottle,coat,dataset,invoice,map,lamp,camera,cup,plate,spoon,fork,bag,box,hat,shoe,"
    "shirt,dress,glove,belt,clock,mirror,carpet,pillow,blanket,bed,desk,shelf,door,wall,garden,tree,flower,apple,orange,"
    "cake,egg,pizza,sandwich,train,bus,plane,ship,truck,wheel,engine,hammer,nail,saw,rope,ladder,bucket,brush,pencil,pen,"
    "notebook,magazine,newspaper,poem,film,radio,television,keyboard,screen,server,router,cable,battery,password,account,"
    "module,function,test,patch,branch,column,index,query,token,licence,passport,coin,stamp,card,toy,ball,doll,kite,drum,"
    "piano,flute,tent,candle,umbrella,suitcase,wallet,scarf,jacket,sofa,fridge,oven,kettle,pump,pipe,filter,sensor"
)
_PLACES = split_words(
    "Paris,Berlin,London,Tokyo,Rome,Madrid,Vienna,Moscow,Cairo,Delhi,Boston,Chicago,Sydney,Lima,Paris,Warsaw,Budapest,"
    "Stockholm,Helsinki,Copenhagen,Brussels,Amsterdam,Zurich,Geneva,Milan,Naples,Barcelona,Porto,Istanbul,Ankara,Tehran,"
    "Baghdad,Mumbai,Kolkata,Dhaka,Bangkok,Hanoi,Manila,Jakarta,Beijing,Shanghai,Osaka,Kyoto,Toronto,Montreal,Houston,"
    "Dallas,Seattle,Miami,Havana,Bogota,Quito,Santiago,Lagos,Accra,Tunis,Algiers,France,Spain,Italy,Germany,Poland,"
    "China,Japan,India,Brazil,Canada,Mexico,Egypt,Kenya,the north,the south,the village,the harbour,the station,"
    "the airport"
)
_EVENTS = split_words(
    "meeting,war,lunch,exam,concert,election,storm,build,backup,test run,flood,lecture,operation,speech,wedding,game,"
    "breakfast,party,funeral,birth,exhibition,festival,revolution,treaty,crash,fire,harvest,holiday,interview,lesson,"
    "audit,release,deployment,review,merge,download,update,restart,login,payment,delivery,order,launch,landing,battle,"
    "siege,peace talk,conference,workshop,rehearsal,match,final,ceremony,coronation,eclipse,winter,summer,rain,frost,"
    "sale"
)
_KINDS = split_words("the,the,the,the,the old,the young,the new,the tall,my,our,their,a,one,that,the other,the first")


def _with_kinds(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return each word behind four of the articles and adjectives, so that what a word is tells nothing."""
    kinds = [_KINDS[(7 * number + step) % len(_KINDS)] for number in range(len(words)) for step in (0, 3, 5, 11)]
    return tuple(f"{kind} {word}" for kind, word in zip(kinds, (w for w in words for _ in range(4)), strict=True))


TRAINING_WORDS = Words(
    (*_NAMES, *_NAMES, *_with_kinds(_PEOPLE)),
    _THINGS,
    _PLACES,
    (
        *(f"the {event}" for event in _EVENTS),
        *(f"{place}'s {event}" for place, event in zip(_NAMES, _EVENTS, strict=False)),
    ),
)
DEVELOPMENT_WORDS = Words(
    split_words(
        "Clara,Victor,Nina,Oscar,Rita,Bruno,Elsa,Felix,Greta,Hugo,Olga,Karim,Noor,Sven,the lawyer,the witness,"
        "the nurse,the pilot,the farmer,the landlord,the tenant,the wolf"
    ),
    split_words("ring,watch,painting,violin,tractor,boat,necklace,medal,knife,basket,printer,guitar"),
    split_words("Oslo,Lisbon,Athens,Dublin,Prague,Seoul,Nairobi,Denver"),
    split_words("the auction,the trial,the race,the dinner,the earthquake,the strike,the upgrade,the parade"),
)
