/* cda/write_parts.h - what the files of the report's writer share. Included by cda/write*.c only. */
#ifndef RELAIS_CDA_WRITE_PARTS_H
#define RELAIS_CDA_WRITE_PARTS_H

#include "cda/write.h"
#include "cda/xml_write.h"

#define ROOT_PERSON "1.2.250.1.71.4.2.1"      /* PS_IdNat */
#define ROOT_STRUCTURE "1.2.250.1.71.4.2.2"   /* Struct_IdNat */
#define SYSTEM_LOINC "2.16.840.1.113883.6.1"

#define PAIRS(...) (const struct xml_write_pair[]){__VA_ARGS__}, sizeof((struct xml_write_pair[]){__VA_ARGS__}) / sizeof(struct xml_write_pair)
#define EMPTY(w, name, ...) xml_write_empty((w), (name), PAIRS(__VA_ARGS__))

/* write_people.c: the elements that name people and structures. */
void write_patient(struct xml_write *w, const struct cda_write_patient *patient);
/* id, code, address, telecom, person and organisation, the same wherever the expert appears. */
void write_expert(struct arena *arena, struct xml_write *w, const struct cda_write_expert *expert);
void write_custodian(struct xml_write *w, const struct cda_write_custodian *custodian);
void write_recipients(struct arena *arena, struct xml_write *w, const struct cda_write_report *report);

/* write_body.c: component. */
void write_body(struct arena *arena, struct xml_write *w, const struct cda_write_report *report);

#endif
