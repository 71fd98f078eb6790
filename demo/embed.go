// Package demo is what a demonstration begins with, all of it written by hand.
//
// Histories, each act with its date, authority and source: how the list under
// section 1237 treated Xiaomi and Luokung, and Huawei and SMIC for contrast; and
// who held Xiaomi by the account of its complaint.
//
// Advisories, in our own words and after the sources that they cite: the
// backdoor in SolarWinds Orion (SUNBURST), Log4Shell, the Exchange chain
// ProxyLogon; some of them twice, as they read on two days. What could be
// checked is said in each, and what could not. An excerpt of CISA's catalogue of
// exploited weaknesses stands beside them, as of two of its releases.
//
// Bills of materials and a VEX statement of releases, and inventories of three
// agencies on four days, with what scanners found there. Products, makers and agencies in them are constructed,
// and say so, but for Orion and Exchange, whose bills nobody but us issued.
//
// What three labels rest on: applications, laboratories' reports, a bill of
// materials with hardware, a usage description, and how a list that does not
// exist treated a maker that does not exist.
//
// Communities that share, and what they tell each other, as STIX: the backdoor in
// Orion, the Exchange chain, and the ransomware that stopped a pipeline, with who
// is said to be behind them, by whom, and what these answered. The facts are from
// the sources that each object cites.
//
// Two incidents of a constructed agency: the backdoor in Orion, with what was owed
// then, and one whose clocks run while one looks at it.
//
// Begin with [FS].
package demo

import "embed"

// FS has event files under events/, tables of who owns what in whom under
// ownership/, advisories and the catalogue under advisories/, bills and VEX
// under software/, inventories under inventory/, what labels rest on under
// labels/, who shares what under sharing/, and incidents under incidents/.
//
//go:embed events/*.yaml ownership/*.csv advisories/*.json advisories/*.jsonl software/*.json inventory/*.csv labels/* sharing/* incidents/*.yaml
var FS embed.FS
