// Package logs reads logs of what happened on networks and machines, a line at a
// time: Zeek (tab-separated and JSON), Suricata EVE, DNS servers (dnsmasq, BIND),
// web proxies and servers (Squid, the common and combined formats), syslog (RFC
// 3164 and 5424), and tables with a header.
//
// Begin with Open, which looks through compression and tells the format, and
// Reader.Next, which gives lines in blocks. What a line says, when and between
// whom, is taken out of it by Format.Record, which is slower, and for the few
// lines that somebody wants to know it of.
//
// No line is lost: one that is not what its format says is counted and given like
// any other. The package does not know what is looked for.
package logs
