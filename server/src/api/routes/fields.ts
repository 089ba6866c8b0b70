/** `GET /api/v1/fields`: what may be asked, for editors: the field registry, measures and views. */
import { Router } from "express";
import { FIELDS, MEASURE_NAMES, MEASURES, VIEWS } from "@sillage/model";

const answer = {
  fields: FIELDS.map(({ name, label, doc, group, kind, unit, dimension, filterWords, side, enumNames }) => ({
    name,
    label,
    doc,
    group,
    kind,
    dimension: dimension === true,
    ...(unit === undefined ? {} : { unit }),
    ...(filterWords === undefined ? {} : { filterWords }),
    ...(side === undefined ? {} : { side }),
    ...(enumNames === undefined ? {} : { values: Object.values(enumNames) }),
  })),
  measures: MEASURE_NAMES.map((name) => MEASURES[name]),
  views: VIEWS,
};

export function fieldsRoutes(): Router {
  return Router().get("/fields", (_request, response) => {
    response.json(answer);
  });
}
