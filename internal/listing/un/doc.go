// Package un reads the consolidated list of the United Nations Security Council
// in XML: CONSOLIDATED_LIST with INDIVIDUALS and ENTITIES.
//
// Begin with [Recognise] and [Read].
//
// # Statements
//
// An entry is known by its permanent reference number: "un-sc:QDi.430". Its
// letters name the regime, and so the resolution and the programme: most are on
// one, but Iraq's knows no travel ban, Guinea-Bissau's nothing else, and Iran's
// was out of force for years.
//
// The parts of a person's name are joined in the list's order; the name in its
// original script is a name of its own, and so are spellings that stand in
// brackets or notes of aliases. Aliases of quality "Low" are weak. Aliases have
// no numbers, so the keys of names are made of their folds.
//
// Dates of birth are kept in words that say how sure they are: "1971", "circa
// 1963", "1957 to 1960". Numbers of documents that stand in notes only are
// taken where it is sure which part of the text is the number, and are kept as
// text where it is not.
//
// LISTED_ON designates; the days of LAST_DAY_UPDATED amend. The document's own
// date of generation is the day of the edition.
package un
