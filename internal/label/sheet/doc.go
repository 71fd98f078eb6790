// Package sheet draws labels as they are printed on products: the QR code, the
// front with mark, product, maker, tier and dates, on request a panel of what
// was and what was not met, and the badge for web pages. It draws what it is
// told, and knows nothing of whether it is true.
//
// Begin with [Label] and [SVG]. A [Press] makes PNG and PDF, for which it needs
// letters: the Go fonts that it brings along have Latin, Greek and Cyrillic;
// [SystemFonts] finds more. SVG leaves letters to whoever shows it, and
// therefore shows every script.
//
// # Layout
//
// A drawing is a list of filled paths and lines of text, in millimetres from
// the top left corner, laid out once and written by three small printers. The
// front is 82 by 46 mm. Its QR code is 25 mm wide, at level M, which restores 15 %
// of the codewords (ISO/IEC 18004, section 7.5.1), with the quiet zone of 4
// modules that section 9.1 asks for; it is dark on white and not covered by
// anything. Everything reads in black and white too: tiers are told by filled
// bars and in words, what is not met by a cross and a heading.
//
// What does not fit into its line is set smaller, then cut with "…". Widths are
// those of the Go fonts, which are wide; other fonts of a browser stay within.
//
// # Names in other scripts
//
// PNG and PDF set a name in the Go fonts when these have all of it, else in the
// fonts of the Press, as outlines. Scripts whose letters join or run from right
// to left need shaping, which this package does not do: such names, and those
// that no font has, go through [Press.Latin], so that a reading stands there
// instead of boxes. The QR code and the public page have the name itself.
package sheet
