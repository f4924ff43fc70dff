/* gateway/event_json.h - a dossier's events as the store keeps them (jsonb), both ways. */
#ifndef RELAIS_GATEWAY_EVENT_JSON_H
#define RELAIS_GATEWAY_EVENT_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "policy/event.h"

/* The data of an event; a new object. kind, at, seq, actor, rule and inbox have columns of their own. */
json_t *event_write(const struct dossier_event *event);
/* Fills the union by event->kind; everything is copied into the arena. Members that are absent are empty. */
void event_read(struct arena *arena, const json_t *data, struct dossier_event *event);

/* A patient's traits, as facts and events write them. */
json_t *event_write_patient(const struct policy_patient *patient);

#endif
