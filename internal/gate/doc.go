// Package gate writes what a check of a release found in the forms that build
// systems read: SARIF for code scanning, JUnit for test reports, Markdown for
// a pull request, CSV for a spreadsheet.
//
// Begin with [Result], which whoever asked fills in, and [SARIF], [JUnit],
// [Markdown] and [CSV]. The package judges nothing: verdicts, reasons and
// findings come with the result.
//
// # What is promised
//
// Equal results give equal bytes, so that two runs can be compared. The worst
// stands first, see [Result.Findings]. Names, versions and summaries were
// written by strangers: nothing in them can end a string, a cell or an element,
// mention a person, make a link or colour a terminal. What is cut to fit a
// reader's limits is counted and said.
package gate
