"""The journey of each persona, from the request to the end, over real SMTP and IMAP, by a clock that moves (rehearsal.py).

One section a persona, in the numbers of the product's description; within it each case is the next thing that happens to that person."""
import personas_doctors
import personas_hospital
import personas_patient
import personas_service
import personas_settings

SECTIONS = (("the clock", personas_service.clock), ("2.8 settings", personas_settings.settings), ("2.1 patient", personas_patient.patient), ("2.1 a patient who is silent", personas_patient.silent_patient), ("2.2 representative", personas_patient.representative),
            ("2.3 assisted", personas_patient.assisted), ("2.4 physician", personas_doctors.physician), ("2.5 hospital", personas_hospital.hospital),
            ("2.6 expert", personas_doctors.expert), ("2.6 an expert who is late", personas_doctors.late_expert), ("2.7 nurse", personas_service.nurse),
            ("2.8 operator", personas_service.operator), ("2.9 officer", personas_service.officer))


def cases(world, story):
    for name, section in SECTIONS:
        broken = []

        def step(case, broken=broken):
            """Each stands on the one before: behind one that failed nothing is tried, and all of it counts as failed."""
            assert not broken, "a step before this one failed"
            broken.append(case)
            case()
            broken.clear()
        for what, case in section(world, story):
            yield f"{name}: {what}", lambda case=case, step=step: step(case)
    yield "reconcile", story.reconcile
