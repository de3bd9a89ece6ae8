import {
  type AttributeDefinition,
  binding,
  count,
  element,
  enumeration,
  expression,
  flag,
  identifier,
  integer,
  label,
  property,
  reference,
  string,
} from "./definition.js";
import {
  accepted,
  approvals,
  category,
  commentsOrInherited,
  criteria,
  description,
  endDateLocks,
  implicit,
  inherited,
  inherits,
  isDenied,
  minutes,
  ownPolicy,
  parametrized,
  policy,
  prolongation,
  requires,
  reviewComments,
  ruleTypes,
} from "./role-attributes.js";

const offsets = ["Default", "Around|Arround", "Before", "After"];
const comparisons = ["CaseSensitive", "IgnoreCase", "IgnoreDiacritics", "Simplified", "Approximate"];

const offset: readonly AttributeDefinition[] = [
  enumeration("TimeOffsetReference", offsets, "What the offsets refer to.", { default: "Default" }),
  integer("TimeOffsetBeforeReference", null, null, "Minutes added to the start.", { default: 0 }),
  integer("TimeOffsetAfterReference", null, null, "Minutes added to the end.", { default: 0 }),
];
const targetProperty = property("Property", "^TargetEntityType", "Property of the target type.", { required: true });
const ruleRole = reference("SingleRole", "SingleRole", "Single role that the owner must hold.");

const resourceTypeChild = (name: string, documentation: string, attributes: readonly AttributeDefinition[]) =>
  element(`ResourceType/${name}`, "role-model §3.2", documentation, [policy(), ...offset, ...attributes], accepted);

/** role-model §3.2. */
export const resourceTypeElements = [
  element(
    "ResourceType",
    "role-model §3.2",
    "A kind of account that identities can own, and the rules for its properties.",
    [
      identifier("name", "Name, usable in expressions."),
      label(),
      ownPolicy,
      reference("SourceEntityType", "EntityType", "Type of the owners.", { required: true }),
      reference("TargetEntityType", "EntityType", "Type of the accounts.", { required: true }),
      category,
      description,
      enumeration("ApprovalWorkflowType", approvals, "Approvals that a request needs.", { default: "None" }),
      flag("AllowAdd", "Accounts may be made automatically.", { default: true }),
      flag("AllowRemove", "Accounts may be deleted automatically.", { default: true }),
      flag("RemoveOrphans", "Accounts without owner may be deleted."),
      flag("BlockProvisioning", "Every order awaits a review.", { default: true }),
      flag("DiscardManualAssignments", "The rule's value wins over approved manual ones."),
      flag("CorrelateMultipleResources", "An owner may have several."),
      flag("SuggestAllCorrelations", "Sure correlations are suggested too.", {}),
      reference("DependsOn", "ResourceType", "The owner must have that type first."),
      property("DependsOnOwnerProperty", "SourceEntityType", "The owner must have that property first."),
      count("MaximumInsert", "Most orders that add, in one generation. 0 switches it off."),
      count("MaximumUpdate", "Most orders that change, in one generation. 0 switches it off."),
      count("MaximumDelete", "Most orders that delete, in one generation. 0 switches it off."),
      count("MaximumInsertPercent", "Most orders that add, in percent of the resources. 0 switches it off.", { default: 30 }),
      count("MaximumUpdatePercent", "Most orders that change, in percent of the resources. 0 switches it off.", { default: 30 }),
      count("MaximumDeletePercent", "Most orders that delete, in percent of the resources. 0 switches it off.", { default: 30 }),
      count("FulfillHoursAheadOfTime", "Hours before the start that orders leave."),
      count("TransmittedStateValidityPeriod", "Minutes after which an order without answer is an error; 0 never."),
      expression("ArgumentsExpression", "Arguments of orders."),
      parametrized,
      requires,
      enumeration("ImplicitApproval", implicit, "Whether a reviewer's own request is approved at once.", { default: "Inherited" }),
      enumeration("ProlongationWithoutApproval", prolongation, "Whether the end may be moved without approval.", { default: "Inherited" }),
      enumeration("ManualAssignmentEndDateLockedToContextMode", endDateLocks, "How the end of an assignment follows its context.", {
        default: "ExplicitNotContextBoundByDefault",
      }),
      minutes("MaxDuration", "Longest manual assignment."),
      minutes("GracePeriod", "How long an automatic assignment lost by a rule change stays."),
      ...reviewComments(commentsOrInherited, inherited),
      flag("HideOnSimplifiedView", "Not shown in the simplified view."),
    ],
    {
      ...accepted,
      declares: "ResourceType",
      children: ["TypeRule", "ScalarRule", "NavigationRule", "QueryRule", "BinaryRule"].map((name) => `ResourceType/${name}`),
    },
  ),
  resourceTypeChild("TypeRule", "Who gets an account of the type.", [
    criteria,
    inherits,
    isDenied,
    ruleRole,
    enumeration("Type", ruleTypes, "How it is given.", { default: "Required" }),
  ]),
  resourceTypeChild("ScalarRule", "Value of a property.", [
    targetProperty,
    binding("Binding", "Value that it is computed from."),
    expression("Expression", "How it is computed."),
    ruleRole,
    enumeration("ComparisonType", comparisons, "How values are compared.", { default: "CaseSensitive" }),
    flag("IsMapped", "Compared after the creation too.", { default: true }),
  ]),
  resourceTypeChild("NavigationRule", "A fixed resource that a navigation names.", [
    targetProperty,
    string("Resource", "Key of the resource.", { required: true }),
    criteria,
    inherits,
    isDenied,
    ruleRole,
  ]),
  resourceTypeChild("QueryRule", "Resources that a navigation names, found by comparing values.", [
    targetProperty,
    binding("SourceBinding", "Value of the owner."),
    expression("SourceExpression", "Value of the owner, computed."),
    binding("TargetBinding", "Value of the resource."),
    expression("TargetExpression", "Value of the resource, computed."),
    integer("TargetMatchedConfidenceLevel", 0, 150, "From 100 on it is sure.", { default: 0 }),
  ]),
  resourceTypeChild("BinaryRule", "File that a property holds.", [targetProperty, binding("Binding", "Property with the file."), ruleRole]),
];
