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


TRAINING_WORDS = Words(
    split_words(
        "Anna,Peter,Maria,John,Susan,David,Laura,Mark,Julia,Paul,Emma,Tom,Sarah,James,Linda,Robert,Helen,Frank,Alice,"
        "Carlos,Yuki,Ahmed,Ivan,Mei,Fatima,Hans,Ingrid,Pierre,the teacher,the student,the doctor,the patient,"
        "the manager,the engineer,the police,the thief,the bank,the customer,the company,the supplier,the child,"
        "the mother,the dog,the cat,the king,the minister,the server,the client,the parser,the compiler"
    ),
    split_words(
        "book,letter,car,house,report,contract,picture,computer,phone,key,ticket,package,loan,gift,recipe,song,file,"
        "message,table,window,database,bicycle,chair,bottle,coat,dataset,invoice,map,lamp,camera"
    ),
    split_words("Paris,Berlin,London,Tokyo,Rome,Madrid,Vienna,Moscow,Cairo,Delhi,Boston,Chicago,Sydney,Lima"),
    split_words(
        "the meeting,the war,the lunch,the exam,the concert,the election,the storm,the build,the backup,the test run,"
        "the flood,the lecture,the operation,the speech,the wedding,the game"
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
