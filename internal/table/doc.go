// Package table reads tables of text, such as CSV and TSV files, row by row and
// under limits, with their columns by name. It knows no table.
//
// Begin with [Form], which says how a table is written: [Form.Header] reads the
// header alone, to recognise a table by, and [Form.Read] the rows. Columns may
// stand in any order. Their names are compared by letters and digits alone, so
// that "Start date", "startDate" and "START_DATE" are one. Texts come with
// white space made single, line breaks within quotation marks included. A cell
// that is no UTF-8, has control characters or is too long is refused.
//
// [Lines] reads what has one record a line, such as JSON lines.
//
// Quotation marks are those of RFC 4180; a byte order mark is passed over.
// Errors name line and column, counted from 1, and are of the kinds
// [problem.Invalid] and [problem.TooLarge].
package table
