import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseXml } from "../../src/config/xml/document.js";
import { placeOf } from "../../src/config/xml/element.js";
import { SluiceError } from "../../src/errors/index.js";

/** `line:column CODE message`, or the name of the root when the text is taken. */
const outcome = (text: string): string => {
  try {
    return parseXml(Buffer.from(text), "a.xml").name;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return `${error.place.line}:${error.place.column} ${error.code} ${error.message}`;
  }
};

describe("malformed XML is refused with its place, also where the parser lets it through", () => {
  test.each([
    ["bare & in an attribute", '<a\n x="b & c"/>', "2:7 CFG_XML_SYNTAX not well-formed XML: a bare & must be written &amp;"],
    ["bare & in text", "<a>b & c</a>", "1:6 CFG_XML_SYNTAX not well-formed XML: a bare & must be written &amp;"],
    [
      "bare < in an attribute",
      '<a x="b < c"/>',
      "1:9 CFG_XML_SYNTAX not well-formed XML: < in the value of x must be written &lt; (or a closing quote is missing)",
    ],
    ["two roots", "<a/>\n<b/>", "2:1 CFG_XML_SYNTAX not well-formed XML: a file holds one root element: <b> is a second one"],
    ["junk after the root", "<a/>\n junk", "2:2 CFG_XML_SYNTAX not well-formed XML: text after the root element"],
    ["junk before the root", "junk<a/>", "1:1 CFG_XML_SYNTAX not well-formed XML: text before the root element"],
    ["undefined entity", '<a x="&eacute;"/>', "1:7 CFG_XML_SYNTAX not well-formed XML: the entity &eacute; is not defined"],
    ["control character", "<a x='\u0001'/>", "1:7 CFG_XML_SYNTAX not well-formed XML: the character U+0001 is not allowed in XML"],
    ["NUL", "<a>\u0000</a>", "1:4 CFG_XML_SYNTAX not well-formed XML: the character U+0000 is not allowed in XML"],
    ["control character by number", "<a x='&#1;'/>", "1:7 CFG_XML_SYNTAX not well-formed XML: &#1; names no character that XML allows"],
    ["surrogate by number", "<a x='&#xD800;'/>", "1:7 CFG_XML_SYNTAX not well-formed XML: &#xD800; names no character that XML allows"],
    ["unbound prefix of an element", "<p:a/>", "1:1 CFG_XML_SYNTAX not well-formed XML: the prefix of p:a is not bound: declare xmlns:p"],
    [
      "unbound prefix of an attribute",
      "<a p:x='1'/>",
      "1:4 CFG_XML_SYNTAX not well-formed XML: the prefix of p:x is not bound: declare xmlns:p",
    ],
    [
      "prefix bound in a sibling only",
      "<a><b xmlns:p='u'/><p:c/></a>",
      "1:20 CFG_XML_SYNTAX not well-formed XML: the prefix of p:c is not bound: declare xmlns:p",
    ],
    ["unclosed tag", "<a>\n<b>\n</a>", "3:1 CFG_XML_SYNTAX not well-formed XML: <b> of line 2 is not closed: found </a>"],
    ["unclosed root", "<a>\n<b/>", "1:1 CFG_XML_SYNTAX not well-formed XML: <a> is not closed"],
    ["end without start", "<a/></a>", "1:5 CFG_XML_SYNTAX not well-formed XML: </a> closes an element that is not open"],
    ["attribute twice", '<a x="1"\nx="2"/>', "2:1 CFG_XML_SYNTAX not well-formed XML: the attribute x stands twice in <a>"],
    ["attribute without value", "<a x/>", '1:4 CFG_XML_SYNTAX not well-formed XML: the attribute x has no value: write x="..."'],
    ["attribute without quotes", "<a x=1/>", "1:6 CFG_XML_SYNTAX not well-formed XML: the value of x must stand in quotes"],
    ["quote not closed", '<a x="1/>', "1:6 CFG_XML_SYNTAX not well-formed XML: the value of x has no closing quote"],
    ["no blank between attributes", '<a x="1"y="2"/>', "1:9 CFG_XML_SYNTAX not well-formed XML: a blank is missing before the attribute y"],
    ["comment with --", "<a><!-- x -- y --></a>", "1:11 CFG_XML_SYNTAX not well-formed XML: -- is not allowed inside a comment"],
    ["comment not closed", "<a><!-- x</a>", "1:4 CFG_XML_SYNTAX not well-formed XML: a comment is not closed with --"],
    ["]]> in text", "<a>]]></a>", "1:4 CFG_XML_SYNTAX not well-formed XML: ]]> in text must be written ]]&gt;"],
    [
      "declaration not first",
      " <?xml version='1.0'?><a/>",
      "1:2 CFG_XML_SYNTAX not well-formed XML: the XML declaration must be the first thing in the file",
    ],
    ["empty", "", "1:1 CFG_XML_SYNTAX not well-formed XML: the file holds no element"],
    ["only a comment", "<!-- nothing -->", "1:1 CFG_XML_SYNTAX not well-formed XML: the file holds no element"],
    [
      "DOCTYPE",
      "<!DOCTYPE a>\n<a/>",
      "1:1 CFG_XML_DOCTYPE a DOCTYPE is refused: remove it, entities of its own have no place in a configuration",
    ],
    [
      "entity bomb",
      '<?xml version="1.0"?>\n<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>',
      "2:1 CFG_XML_DOCTYPE a DOCTYPE is refused: remove it, entities of its own have no place in a configuration",
    ],
  ])("%s", (_, text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test("names that would reach into objects are refused or harmless", () => {
    expect(outcome('<a __proto__="1"/>')).toMatch(/^(a$|1:1 CFG_XML_SYNTAX)/);
    expect(outcome("<__proto__/>")).toMatch(/^(__proto__$|1:1 CFG_XML_SYNTAX)/);
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
  });
});

describe("hostile XML is refused within bounds", () => {
  test.each([
    ["deep nesting", "<a>".repeat(200_000), "1:193 CFG_XML_LIMIT more than 64 levels of nesting: no configuration needs that"],
    [
      "many attributes",
      `<a ${Array.from({ length: 100_000 }, (_, index) => `x${index}="1"`).join(" ")}/>`,
      /^1:\d+ CFG_XML_LIMIT more than 640 attributes/,
    ],
    ["a huge attribute", `<a x="${"y".repeat(30_000_000)}"/>`, /^1:6 CFG_XML_LIMIT more than 1048576 characters in the value of x/],
    ["very many elements", `<a>${"<b/>".repeat(2_000_000)}</a>`, /CFG_XML_LIMIT more than \d+ elements in one file/],
    [
      "many long attributes",
      `<a ${Array.from({ length: 60 }, (_, index) => `x${index}="${"y".repeat(500_000)}"`).join(" ")}/>`,
      /CFG_XML_LIMIT more than 2097152 characters in one start tag/,
    ],
    ["a huge text", `<a>${"y".repeat(30_000_000)}</a>`, /^1:4 CFG_XML_LIMIT more than 8388608 characters of text in one file/],
    ["many references", `<a x="${"&lt;".repeat(200_000)}"/>`, "a"],
  ])("%s", (_, text, expected) => {
    const before = performance.now();
    const found = outcome(text);
    if (typeof expected === "string") expect(found).toBe(expected);
    else expect(found).toMatch(expected);
    // Seconds: far above what it takes (under one), far below what anything quadratic in these sizes would.
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

describe("values are text, exactly as XML says", () => {
  const attribute = (raw: string): string | undefined => parseXml(Buffer.from(`<a x="${raw}"/>`), "a.xml").attributes.get("x");

  test.each([
    ["007", "007"],
    ["1e5", "1e5"],
    ["true", "true"],
    [" both ends ", " both ends "],
    ["&#233;&#xE9;&#10;&quot;&apos;&lt;&gt;&amp;", "éé\n\"'<>&"],
    ["&amp;#233;", "&#233;"],
    ["&amp;lt;", "&lt;"],
    ["a\nb\tc\r\nd", "a b c d"],
    ["&#x1F600;", "😀"],
  ])("%j is %j", (raw, expected) => {
    expect(attribute(raw)).toBe(expected);
  });

  test("any text survives being escaped and read", () => {
    const character = fc
      .string({ unit: "binary" })
      .filter((text) => !/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u.test(text));
    const escaped = (text: string): string => text.replace(/[&<"\t\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);
    fc.assert(
      fc.property(character, (text) => {
        expect(attribute(escaped(text))).toBe(text);
      }),
    );
  });
});

test("elements and attributes have their places, whatever stands between", () => {
  const root = parseXml(
    Buffer.from('<?xml version="1.0"?>\r\n<!-- é > -->\r\n<r>\r\n  <e\r\n    a="x > y"\r\n    bb = \'"\' b="2"/>\n</r>'),
    "a.xml",
  );
  const [child] = root.children;
  if (child === undefined) throw new Error("no child");
  expect(placeOf(root)).toEqual({ file: "a.xml", line: 3, column: 1 });
  expect(placeOf(child)).toEqual({ file: "a.xml", line: 4, column: 3 });
  expect(placeOf(child, "a")).toMatchObject({ line: 5, column: 5 });
  expect(placeOf(child, "bb")).toMatchObject({ line: 6, column: 5 });
  expect(placeOf(child, "b")).toMatchObject({ line: 6, column: 14 });
  expect(placeOf(child, "absent")).toMatchObject({ line: 4, column: 3 });
});

test("comments, CDATA and processing instructions are no elements", () => {
  const root = parseXml(Buffer.from("<?xml version='1.0'?><?pi x?><r><!-- <x/> --><![CDATA[<y/>]]><?z?><e/></r><!-- end -->"), "a.xml");
  expect(root.children.map(({ name }) => name)).toEqual(["e"]);
  expect(root.text).toBe("<y/>");
});
