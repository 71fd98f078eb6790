package osv

import "strings"

// issuers is who publishes records, by the prefix of their ids (OSV schema,
// section id).
var issuers = map[string]string{
	"GO": "Go project", "GHSA": "GitHub", "RUSTSEC": "RustSec", "PYSEC": "Python Packaging Authority", "PSF": "Python Software Foundation",
	"BIT": "Bitnami", "MAL": "OpenSSF malicious packages", "OSV": "OSS-Fuzz", "HSEC": "Haskell", "RSEC": "R Consortium", "GSD": "Global Security Database",
	"DSA": "Debian", "DLA": "Debian", "DTSA": "Debian", "DEBIAN": "Debian", "USN": "Ubuntu", "LSN": "Ubuntu", "UBUNTU": "Ubuntu", "ALPINE": "Alpine Linux",
	"ALSA": "AlmaLinux", "ALBA": "AlmaLinux", "ALEA": "AlmaLinux", "RLSA": "Rocky Linux", "RXSA": "Rocky Linux", "RHSA": "Red Hat", "RHBA": "Red Hat", "RHEA": "Red Hat",
	"SUSE": "SUSE", "OPENSUSE": "openSUSE", "MGASA": "Mageia", "OESA": "openEuler", "CGA": "Chainguard", "WOLFI": "Wolfi", "ASB": "Android", "PUB": "Android", "A": "Android",
	"CURL": "curl", "DRUPAL": "Drupal", "JLSEC": "Julia", "EEF": "Erlang Ecosystem Foundation", "ECHO": "Echo", "MINI": "MinimOS", "ROOT": "Root",
}

// prefixOf is what an id has before its first hyphen.
func prefixOf(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return prefix
}

// issuerOf is who publishes a record: by what its source says where the id says
// nothing, or says something else. RSEC- is the R Consortium's; converters use
// it for Ruby's advisories too.
func issuerOf(id string, source any) string {
	if said, _ := source.(string); said != "" && !strings.Contains(said, "://") && isLine(said) {
		return said
	}
	return issuers[prefixOf(id)]
}
