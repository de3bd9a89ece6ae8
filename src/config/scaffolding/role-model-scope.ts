import type { Declared } from "../declared.js";

/** Entity and resource types that the role model of a workspace is about, for tasks that list them. In the order of the files, each once. */
export interface RoleModelScope {
  /** Entity types whose resources own accounts: the source of a resource type. */
  readonly owners: readonly string[];
  /** Entity types that own roles or accounts: those that a reminder can concern. */
  readonly roleOwners: readonly string[];
  /** Entity types with classification rules. */
  readonly classified: readonly string[];
  /** Resource types whose owners get profiles by rules; null: there are no such rules. */
  readonly profiled: readonly string[] | null;
}

const distinct = (values: readonly (string | null)[]): readonly string[] => [...new Set(values.filter((value) => value !== null))];

/** What the configuration declares of a role model (role-model §3.1, §3.3, §11.2). */
export const roleModelScope = (declared: Declared): RoleModelScope => {
  const owners = distinct(declared.named("ResourceType").map((type) => type.string("SourceEntityType")));
  const roles = ["SingleRole", "CompositeRole"].flatMap((name) => declared.named(name).map((role) => role.string("EntityType")));
  const profileRules = declared.named("ProfileRuleContext");
  return {
    owners,
    roleOwners: distinct([...roles, ...owners]),
    classified: distinct(
      declared.named("ResourceClassificationRule").map(
        (rule) =>
          declared
            .of("ResourceType")
            .get(rule.string("ResourceType") ?? "")
            ?.string("TargetEntityType") ?? null,
      ),
    ),
    profiled: profileRules.length === 0 ? null : distinct(profileRules.map((rule) => rule.string("ResourceType"))),
  };
};
