/**
 * Branded ids: a number of one kind never passes for another.
 * All are positive integers given by the store (design: identity, records).
 */
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type JobInstanceId = Branded<number, "JobInstanceId">;
export type TaskInstanceId = Branded<number, "TaskInstanceId">;
/** A resource's number, which belongs to (entity type, mapping key) for ever. */
export type ResourceId = Branded<number, "ResourceId">;
/** The number of an entity type in the store (`UM_EntityTypes`), never reused. */
export type EntityTypeNumber = Branded<number, "EntityTypeNumber">;
/** The number of an association mapping in the store (`UM_Mappings`), never reused. */
export type MappingNumber = Branded<number, "MappingNumber">;
/** The GUID that names one synchronization session and its folder under `Work/Synchronization`. */
export type SessionGuid = Branded<string, "SessionGuid">;

export const jobInstanceId = (n: number): JobInstanceId => n as JobInstanceId;
export const taskInstanceId = (n: number): TaskInstanceId => n as TaskInstanceId;
export const entityTypeNumber = (n: number): EntityTypeNumber => n as EntityTypeNumber;
export const mappingNumber = (n: number): MappingNumber => n as MappingNumber;
export const sessionGuid = (s: string): SessionGuid => s as SessionGuid;
