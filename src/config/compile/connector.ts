import { findPackage, packageDefinitions, shortPackageName } from "../catalogue/packages.js";
import type { Connection, Connector } from "../configuration.js";
import type { Declared } from "../declared.js";
import type { Findings } from "../findings.js";
import { nearestName } from "../nearest.js";
import { checkTablesTwice } from "./connection-table.js";
import type { Mappings } from "./mapping.js";
import { compileLimits } from "./threshold.js";
import { compileTransformations } from "./transformation.js";

type Use = Connector["completeJob"];

/** Compiles connectors with their mappings (connectors §1.2). */
export const compileConnectors = (declared: Declared, mappings: Mappings, findings: Findings): ReadonlyMap<string, Connector> =>
  new Map(
    [...declared.of("Connector")].map(([identifier, element]) => [
      identifier,
      {
        connector: identifier,
        displayName: element.string("DisplayName_L1") ?? identifier,
        agent: element.string("Agent"),
        isDeactivated: element.boolean("IsDeactivated"),
        completeJob: element.required("CompleteJob") as Use,
        incrementalJob: element.required("IncrementalJob") as Use,
        limits: compileLimits(element, false, findings),
        entityTypes: mappings.entityTypes.filter(({ connector }) => connector === identifier),
        associations: mappings.associations.filter(({ connector }) => connector === identifier),
        place: element.place(),
      },
    ]),
  );

/** Compiles connections (connectors §1.3); an undocumented package is an error. */
export const compileConnections = (declared: Declared, findings: Findings): ReadonlyMap<string, Connection> => {
  checkTablesTwice(declared, findings);
  return new Map(
    [...declared.of("Connection")].map(([identifier, element]) => {
      const given = element.required("Package");
      const known = findPackage(given);
      if (known === null && given !== "") {
        const nearest = nearestName(
          shortPackageName(given),
          packageDefinitions.map(({ name }) => name),
        );
        findings.error("CFG_PACKAGE", { package: given, nearest }, element.place("Package"));
      }
      return [
        identifier,
        {
          identifier,
          connector: element.required("Connector"),
          displayName: element.string("DisplayName_L1") ?? identifier,
          package: known?.name ?? shortPackageName(given),
          deactivation: element.required("DeactivationExportFulfill") as Connection["deactivation"],
          transformations: compileTransformations(element, identifier, known, findings),
          place: element.place(),
        },
      ];
    }),
  );
};
