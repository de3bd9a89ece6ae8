import type { AssociationMapping, EntityTypeMapping } from "../../model/index.js";

/** The side of a link whose resource the link's row itself describes: its key is the row's own. */
export interface OwnSide {
  readonly side: 1 | 2;
  /** The entity type mapping that reads the same row. */
  readonly mapping: EntityTypeMapping;
  /** Place of the side's key among the mapping's properties: 0 = the mapping key. */
  readonly property: number;
}

/**
 * Whose links the rows of a table say that also feeds entity types (connectors §1.8): the side whose column is the one that its entity type's key is
 * read from, rather by its mapping key; else the only side whose type the table feeds. None: the table holds links only. Two: it cannot be told by that alone.
 * @param entityTypes mappings that read the association's table
 */
export const ownSidesOf = (
  { column1, column2, key1, key2 }: AssociationMapping,
  entityTypes: readonly EntityTypeMapping[],
): readonly OwnSide[] => {
  const sides = [
    { side: 1 as const, column: column1, key: key1 },
    { side: 2 as const, column: column2, key: key2 },
  ];
  const candidates = sides.flatMap(({ side, column, key }) =>
    entityTypes
      .filter(({ identifier }) => identifier === key.entityType)
      .map((mapping) => {
        const property = mapping.properties.findIndex((candidate) => candidate.property === key.property);
        return { side, mapping, property, isOwnColumn: mapping.properties[property]?.column === column };
      }),
  );
  const own = candidates.filter(({ isOwnColumn }) => isOwnColumn);
  const byMappingKey = own.filter(({ property }) => property === 0);
  if (byMappingKey.length > 0) return byMappingKey;
  return own[0] === undefined ? candidates : [own[0]];
};
