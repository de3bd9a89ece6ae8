import { defineErrors } from "./definition.js";

const did = (nearest: string | null): string => (nearest === null ? "" : `: did you mean ${nearest}?`);
/** A value as a message shows it: cut where it is long. */
export const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** Codes of `src/config`: every finding of `sluice validate` carries one of these. */
export const configurationErrors = defineErrors({
  CFG_WORKSPACE: {
    exit: 64,
    retryable: false,
    text: (p: { workspace: string }) => `${p.workspace} is no directory: name the workspace with --workspace`,
  },
  CFG_EMPTY: {
    exit: 64,
    retryable: false,
    text: (p: { workspace: string }) => `${p.workspace} holds no *.xml file: is it the workspace? Name another with --workspace`,
  },
  CFG_FILE: {
    exit: 64,
    retryable: false,
    text: (p: { reason: string }) => `the file cannot be read (${p.reason})`,
  },
  CFG_FILE_SIZE: {
    exit: 64,
    retryable: false,
    text: (p: { limit: number }) => `the file is larger than ${p.limit} MiB: no configuration is; move it out of the workspace or split it`,
  },
  CFG_XML_ENCODING: {
    exit: 64,
    retryable: false,
    text: (p: { encoding: string }) =>
      `the file says that it is encoded in ${p.encoding}, but its bytes are not, or Sluice does not read it: save it as UTF-8 (UTF-16, ISO-8859-1 and windows-1252 are read too)`,
  },
  CFG_XML_BYTES: {
    exit: 64,
    retryable: false,
    text: (p: { encoding: string }) =>
      `this line holds bytes that are not valid ${p.encoding}: declare the encoding the file really has, or save it as UTF-8`,
  },
  CFG_XML_SYNTAX: { exit: 64, retryable: false, text: (p: { reason: string }) => `not well-formed XML: ${p.reason}` },
  CFG_XML_DOCTYPE: {
    exit: 64,
    retryable: false,
    text: (_: Record<string, never>) => "a DOCTYPE is refused: remove it, entities of its own have no place in a configuration",
  },
  CFG_XML_LIMIT: {
    exit: 64,
    retryable: false,
    text: (p: { what: string; limit: number }) => `more than ${p.limit} ${p.what}: no configuration needs that`,
  },
  CFG_ROOT: {
    exit: 64,
    retryable: false,
    text: (p: { found: string }) =>
      `the root element must be ConfigurationFile, not ${p.found}: a file that is no configuration must lie outside the workspace`,
  },
  CFG_NAMESPACE: {
    exit: 64,
    retryable: false,
    text: (p: { namespace: string }) =>
      `the namespace ${quoted(p.namespace)} is not the documented one, urn:schemas-usercube-com:configuration`,
  },
  CFG_TEXT: {
    exit: 64,
    retryable: false,
    text: (p: { element: string; text: string }) => `${p.element} holds the text ${quoted(p.text)}: values stand in attributes`,
  },
  CFG_ELEMENT_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { element: string; parent: string; nearest: string | null }) => `${p.parent} has no element ${p.element}${did(p.nearest)}`,
  },
  CFG_ELEMENT_MISPLACED: {
    exit: 64,
    retryable: false,
    text: (p: { element: string; parent: string; belongs: string }) =>
      `${p.element} cannot stand in ${p.parent}: it belongs in ${p.belongs}`,
  },
  CFG_ATTRIBUTE_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; element: string; nearest: string | null }) =>
      p.nearest === null
        ? `${p.element} has no documented attribute ${p.attribute}: it is ignored`
        : `${p.element} has no attribute ${p.attribute}${did(p.nearest)}`,
  },
  CFG_ATTRIBUTE_CASE: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; written: string; element: string }) =>
      `${p.written} in ${p.element} is read as ${p.attribute}: write it so`,
  },
  CFG_ATTRIBUTE_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; written: string; element: string }) =>
      `${p.element} gives ${p.attribute} twice, here as ${p.written}: keep one`,
  },
  CFG_ATTRIBUTE_MISSING: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; element: string }) => `${p.element} needs the attribute ${p.attribute}`,
  },
  CFG_VALUE: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; element: string; value: string; expected: string; nearest: string | null }) =>
      `${p.attribute} of ${p.element} is ${quoted(p.value)} but must be ${p.expected}${did(p.nearest)}`,
  },
  CFG_DUPLICATE: {
    exit: 64,
    retryable: false,
    text: (p: { kind: string; identifier: string; other: string; first: string }) =>
      p.identifier === p.other
        ? `the ${p.kind} ${p.identifier} is declared a second time, first in ${p.first}: rename or remove one`
        : `the ${p.kind} ${p.identifier} differs only in case from ${p.other} in ${p.first}: rename one, file names and columns do not tell them apart`,
  },
  CFG_RESERVED: {
    exit: 64,
    retryable: false,
    text: (p: { identifier: string }) => `${p.identifier} is a reserved word, in any case: choose another identifier`,
  },
  CFG_REFERENCES_UNCHECKED: {
    exit: 64,
    retryable: false,
    text: (p: { files: readonly string[] }) =>
      `what refers to what was not checked, because ${p.files.join(", ")} could not be read: mend that first, then validate again`,
  },
  CFG_REFERENCE: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; element: string; kind: string; value: string; nearest: string | null }) =>
      `${p.attribute} of ${p.element} names the ${p.kind} ${quoted(p.value)}, which is not declared${did(p.nearest)}`,
  },
  CFG_PROPERTY: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; element: string; value: string; entityType: string; nearest: string | null }) =>
      `${p.attribute} of ${p.element} is ${quoted(p.value)}, but the entity type ${p.entityType} has no such property${did(p.nearest)}`,
  },
  CFG_PROPERTY_FORM: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; element: string; value: string }) =>
      `${p.attribute} of ${p.element} is ${quoted(p.value)} but must be written EntityType:Property`,
  },
  CFG_SLOT_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; property: string; other: string; index: number }) =>
      `the properties ${p.other} and ${p.property} of ${p.entityType} share TargetColumnIndex ${p.index}: give one of them a free index`,
  },
  CFG_SLOT_KIND: {
    exit: 64,
    retryable: false,
    text: (p: { property: string; index: number; reason: string }) =>
      `TargetColumnIndex ${p.index} does not fit ${p.property}: ${p.reason}`,
  },
  CFG_SLOT_KEY: {
    exit: 64,
    retryable: false,
    text: (p: { property: string; index: number }) =>
      `the key ${p.property} lies at TargetColumnIndex ${p.index}: keys need an index from 4 on, where values are short enough to be searched`,
  },
  CFG_SLOT_MISSING: {
    exit: 64,
    retryable: false,
    text: (p: { property: string }) =>
      `the mapped property ${p.property} has no TargetColumnIndex, so there is nowhere to keep its value: give it a free one`,
  },
  CFG_NAVIGATION_UNUSED: {
    exit: 64,
    retryable: false,
    text: (p: { property: string }) => `the navigation ${p.property} is in no EntityAssociation: nothing will ever fill it`,
  },
  CFG_ASSOCIATION: {
    exit: 64,
    retryable: false,
    text: (p: { association: string; reason: string }) => `the entity association ${p.association} is not consistent: ${p.reason}`,
  },
  CFG_FILE_NAME_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { identifier: string; first: string }) =>
      `${p.identifier} is an entity type and an entity association (${p.first}): both write ${p.identifier}.sorted.csv, rename one`,
  },
  CFG_MAPPING_KEY: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; found: number }) =>
      p.found === 0
        ? `the mapping of ${p.entityType} has no mapping key: set IsPrimaryKey on the property that identifies rows and never changes`
        : `the mapping of ${p.entityType} has ${p.found} properties with IsPrimaryKey: keep one, make the others IsUniqueKey`,
  },
  CFG_MAPPING_KEY_COLUMN: {
    exit: 64,
    retryable: false,
    text: (p: { property: string }) => `${p.property} is a key of the mapping but has no ConnectionColumn: rows cannot be identified by it`,
  },
  CFG_UNIQUE_KEYS: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; found: number }) =>
      `the mapping of ${p.entityType} has ${p.found} properties with IsUniqueKey: three is the most`,
  },
  CFG_MAPPING_PROPERTY_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { property: string }) => `the property ${p.property} is mapped twice: keep one`,
  },
  CFG_MAPPING_NAVIGATION: {
    exit: 64,
    retryable: false,
    text: (p: { property: string; column: string }) =>
      `${p.property} is a navigation: the column ${p.column} is left out here, links come from an EntityAssociationMapping (none uses it)`,
  },
  CFG_MAPPING_FILE: {
    exit: 64,
    retryable: false,
    text: (p: { property: string; column: string }) =>
      `${p.property} is a file (Binary): files are not synchronized yet, the column ${p.column} is left out`,
  },
  CFG_TRANSFORMATION: {
    exit: 64,
    retryable: false,
    text: (p: { type: string; connection: string; problem: string }) =>
      `the Transformation ${p.type} of the connection ${p.connection} cannot be applied: ${p.problem}`,
  },
  CFG_ASSOCIATION_KEY: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; property: string; reason: string }) => `${p.attribute} is ${p.property}, but ${p.reason}`,
  },
  CFG_ASSOCIATION_MAPPING_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { association: string; first: string; reason: string }) =>
      `the entity association ${p.association} is mapped a second time (first in ${p.first}): ${p.reason}`,
  },
  CFG_DN: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string }) =>
      `the mapping of ${p.entityType} reads Active Directory, whose links name entries by dn: map dn and set IsUniqueKey on it (or IsKey in the entity type)`,
  },
  CFG_TABLE: {
    exit: 64,
    retryable: false,
    text: (p: { table: string; connector: string; nearest: string | null }) =>
      `no connection of the connector ${p.connector} exports ${quoted(p.table)}: ConnectionTable is a connection, or a connection with _ and a suffix${did(p.nearest)}`,
  },
  CFG_TABLE_FOREIGN: {
    exit: 64,
    retryable: false,
    text: (p: { table: string; connection: string; connector: string; own: string }) =>
      `${quoted(p.table)} is ambiguous: the connection ${p.connection} of the connector ${p.connector} exports it, and ${p.own} of this connector could: rename one of the connections`,
  },
  CFG_TABLE_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { table: string; connection: string; other: string }) =>
      `the connections ${p.other} and ${p.connection} both write ${p.table}.csv: rename one of them`,
  },
  CFG_TABLE_NOT_EXPORTED: {
    exit: 64,
    retryable: false,
    text: (p: { table: string; connection: string; package: string }) =>
      `the connection ${p.connection} writes ${p.connection}.csv only (package ${p.package}), never ${p.table}.csv: something else must put it there`,
  },
  CFG_PACKAGE: {
    exit: 64,
    retryable: false,
    text: (p: { package: string; nearest: string | null }) => `the package ${quoted(p.package)} is not documented${did(p.nearest)}`,
  },
  CFG_THRESHOLD_NEGATIVE: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; value: number }) => `${p.attribute} is ${p.value}: a threshold cannot be negative, 0 switches it off`,
  },
  CFG_THRESHOLD_ALIAS: {
    exit: 64,
    retryable: false,
    text: (p: { attribute: string; alias: string }) => `${p.attribute} and ${p.alias} mean the same threshold but differ: keep one`,
  },
  CFG_TASK_ENTITY_TYPE: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; identifier: string }) =>
      `TaskEntityType names ${p.entityType} in EntityType and ${p.identifier} in Identifier, which mean the same: keep one`,
  },
  CFG_OVERRIDE: {
    exit: 64,
    retryable: false,
    text: (p: { override: string; identifier: string; type: string }) =>
      `${p.override} changes ${p.identifier}, which is of the kind ${p.type}: write ${p.type}Override`,
  },
  CFG_OVERRIDE_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { identifier: string; job: string }) => `the task ${p.identifier} is overridden twice in the job ${p.job}: put both in one`,
  },
  CFG_TASK_SCOPE: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; needed: string }) => `${p.task} works on nothing: it needs ${p.needed}`,
  },
  CFG_SETTINGS_SYNTAX: { exit: 64, retryable: false, text: (p: { reason: string }) => `not valid JSON: ${p.reason}` },
  CFG_SETTING_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { key: string; nearest: string | null }) => `the setting ${p.key} is not documented and is ignored${did(p.nearest)}`,
  },
  CFG_SETTING_TWICE: {
    exit: 64,
    retryable: false,
    text: (p: { key: string }) => `the setting ${p.key} stands twice (case does not count): keep one`,
  },
  CFG_SETTING_VALUE: {
    exit: 64,
    retryable: false,
    text: (p: { key: string; expected: string }) => `the setting ${p.key} must be ${p.expected}`,
  },
  CFG_SETTING_FILE: {
    exit: 64,
    retryable: false,
    text: (p: { variable: string; reason: string }) =>
      `the environment variable ${p.variable} names a file that cannot be read (${p.reason})`,
  },
  CFG_CONNECTION_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { connection: string; nearest: string | null }) =>
      `the settings name the connection ${p.connection}, which is not declared${did(p.nearest)}`,
  },
  CFG_RESTART_NEEDED: {
    exit: 64,
    retryable: false,
    text: (p: { setting: string }) =>
      `${p.setting} cannot change while the scheduler runs: stop it, which lets its jobs end, and start it again; until then the former configuration stays in force`,
  },
  CFG_NONE_IN_FORCE: {
    exit: 64,
    retryable: false,
    text: (p: { errors: number; first: string; reason: string }) =>
      `the configuration has ${p.errors === 1 ? "an error" : `${p.errors} errors`} (${p.first}), and ${p.reason}: nothing can be scheduled; sluice validate lists all errors`,
  },
  CFG_TYPE_DIFFERS: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; connector: string; prepare: string; synchronize: string }) =>
      `in the job ${p.job} the connector ${p.connector} is prepared with Type ${p.prepare} but synchronized with ${p.synchronize}: they must be the same`,
  },
  CFG_MODE_DIFFERS: {
    exit: 64,
    retryable: false,
    text: (p: { job: string; connector: string; reason: string }) =>
      `in the job ${p.job} the modes of the connector ${p.connector} differ: ${p.reason}`,
  },
  CFG_KEEPS_CHANGES: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; job: string }) =>
      `DoNotDeleteChanges on ${p.task} in the complete job ${p.job}: it belongs into incremental jobs, before SetRecentlyModifiedFlagTask`,
  },
  CFG_FORCE_PROVISIONING: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; job: string }) =>
      `ForceProvisioning on ${p.task} in the job ${p.job} switches its thresholds off: it belongs into an initialization job only`,
  },
  CFG_COOKIE: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; job: string }) =>
      `${p.task} exports for the complete job ${p.job} without IgnoreCookieFile: an export that can be incremental then gives only changes`,
  },
  CFG_FULFILL_PARENT: {
    exit: 64,
    retryable: false,
    text: (p: { task: string; job: string }) =>
      `${p.task} in the job ${p.job} does not depend on a GenerateProvisioningOrdersTask: without new orders it need not run, add TaskDependsOnTask`,
  },
  CFG_NO_THRESHOLD: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string; actions: string }) =>
      `nothing limits ${p.actions} of the connector ${p.connector}: keep at least one threshold, absolute or in percent`,
  },
  CFG_NO_COMPLETE_JOB: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string }) =>
      `the connector ${p.connector} is in no scheduled complete job: only a complete synchronization repairs what incremental ones cannot see`,
  },
});
