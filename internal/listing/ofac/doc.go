// Package ofac reads the lists of the US Treasury's Office of Foreign Assets
// Control in their delimited form: the SDN list (sdn.csv, alt.csv, add.csv,
// sdn_comments.csv) and the consolidated non-SDN list (cons_prim.csv,
// cons_alt.csv, cons_add.csv, cons_comments.csv); and in the standard form of
// their XML (sdn.xml, consolidated.xml).
//
// Begin with [Recognise], which tells a file's [Part], and [ReadSet], which
// reads the files of one or more editions together. [Read] reads one file.
// For XML these are [RecogniseXML] and [ReadXML].
//
// # Format
//
// The four parts are comma-separated, without a header, with "-0-" for null:
//
//	primary   ent_num, SDN_Name, SDN_Type, Program, Title, Call_Sign, Vess_type,
//	          Tonnage, GRT, Vess_flag, Vess_owner, Remarks
//	alias     ent_num, alt_num, alt_type, alt_name, alt_remarks
//	address   ent_num, add_num, address, city with region and code, country, add_remarks
//	comments  ent_num, the rest of the remarks
//
// Several programme codes stand in one column, joined by "] [". Remarks longer
// than 1,000 characters are cut in the primary part, wherever that falls, and
// go on in the comments part. A control-Z (0x1A) ends the file; copies that
// went through a spreadsheet have commas after it, and a header line.
//
// # Statements
//
// Each part's statements come from its own text alone, so that an edition
// without some of its parts leaves their statements as they were. Only what
// the cut goes through is special: it is stated by the comments part, and only
// when the primary part of the same edition is at hand.
//
// Keys are OFAC's own numbers for aliases and addresses, and scheme and value
// for what is mined from remarks, so that the difference between two editions
// is what OFAC changed.
//
// An entry on the Non-SDN Chinese Military-Industrial Complex list gives its
// own dates. They become the event of its designation, and its entry and name
// count as published on that listing date. Its remarks, kept as this edition
// has them, may hold identifiers that were added later.
//
// The package judges no list's meaning and folds no status.
package ofac
