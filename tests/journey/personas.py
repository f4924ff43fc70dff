"""The journey of each persona, from the request to the end, over real SMTP and IMAP, by a clock that moves (rehearsal.py).

One section a persona, in the numbers of the product's description; within it each case is the next thing that happens to that person."""
import personas_doctors
import personas_hospital
import personas_patient
import personas_service
import personas_settings
from rehearsal import sections

SECTIONS = (("the clock", personas_service.clock), ("2.8 settings", personas_settings.settings), ("2.1 patient", personas_patient.patient), ("2.1 a patient who is silent", personas_patient.silent_patient), ("2.2 representative", personas_patient.representative),
            ("2.3 assisted", personas_patient.assisted), ("2.4 physician", personas_doctors.physician), ("2.5 hospital", personas_hospital.hospital),
            ("2.6 expert", personas_doctors.expert), ("2.6 an expert who is late", personas_doctors.late_expert), ("2.7 nurse", personas_service.nurse),
            ("2.8 operator", personas_service.operator), ("2.9 officer", personas_service.officer))


def cases(world, story):
    yield from sections(SECTIONS, world, story)
