package stix

import (
	"slices"
	"strings"
)

// vocabulary is words for a property (section 10).
type vocabulary struct {
	name   string // as the standard calls it
	closed bool   // an enumeration: other words are errors (section 2.4)
	words  []string
}

// open is a vocabulary whose words should be used where one fits (section 2.14).
func open(name, words string) *vocabulary {
	return &vocabulary{name: name + "-ov", words: strings.Fields(words)}
}

// enum is a vocabulary that other words break.
func enum(name, words string) *vocabulary {
	return &vocabulary{name: name + "-enum", closed: true, words: strings.Fields(words)}
}

// look examines a word.
func (v *vocabulary) look(c *check, word string) {
	if slices.Contains(v.words, word) {
		return
	}
	if v.closed {
		c.must("10", "", "%q is no word of %s: want one of %s", clip(word), v.name, strings.Join(v.words, ", "))
		return
	}
	c.should("10", "", "%q is no word of %s", clip(word), v.name)
	if strings.ToLower(word) != word || strings.ContainsAny(word, " _") {
		c.should("2.14", "", "%q: want lower case letters, with hyphens between the words", clip(word))
	}
}

var (
	accountTypes = open("account-type", `facebook ldap nis openid radius skype tacacs twitter unix windows-local windows-domain kavi`)
	motivations  = open("attack-motivation", `accidental coercion dominance ideology notoriety organizational-gain personal-gain
		personal-satisfaction revenge unpredictable`)
	resourceLevels  = open("attack-resource-level", `individual club contest team organization government`)
	encryptions     = enum("encryption-algorithm", `AES-256-GCM ChaCha20-Poly1305 mime-type-indicated`)
	extensionTypes  = enum("extension-type", `new-sdo new-sco new-sro property-extension toplevel-property-extension`)
	groupings       = open("grouping-context", `suspicious-activity malware-analysis unspecified`)
	hashNames       = open("hash-algorithm", `MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH`)
	identityClasses = open("identity-class", `individual group system organization class unknown`)
	languages       = open("implementation-language", `applescript bash c c++ c# go java javascript lua objective-c perl php powershell python
		ruby scala swift typescript visual-basic x86-32 x86-64`)
	indicatorTypes = open("indicator-type", `anomalous-activity anonymization benign compromised malicious-activity attribution unknown`)
	sectors        = open("industry-sector", `agriculture aerospace automotive chemical commercial communications construction defense education energy
		engineering entertainment financial-services government emergency-services government-local government-national government-public-services
		government-regional healthcare hospitality-leisure infrastructure dams nuclear water insurance manufacturing mining non-profit
		pharmaceuticals retail technology telecommunications transportation utilities`)
	infrastructureTypes = open("infrastructure-type", `amplification anonymization botnet command-and-control control-system exfiltration firewall
		hosting-malware hosting-target-lists phishing reconnaissance routers-switches staging workstation unknown`)
	malwareResults      = open("malware-result", `malicious suspicious benign unknown`)
	malwareCapabilities = open("malware-capabilities", `accesses-remote-machines anti-debugging anti-disassembly anti-emulation anti-memory-forensics
		anti-sandbox anti-vm captures-input-peripherals captures-output-peripherals captures-system-state-data cleans-traces-of-infection
		commits-fraud communicates-with-c2 compromises-data-availability compromises-data-integrity compromises-system-availability
		controls-local-machine degrades-security-software degrades-system-updates determines-c2-server emails-spam escalates-privileges evades-av
		exfiltrates-data fingerprints-host hides-artifacts hides-executing-code infects-files infects-remote-machines installs-other-components
		persists-after-system-reboot prevents-artifact-access prevents-artifact-deletion probes-network-environment self-modifies
		steals-authentication-credentials violates-system-operational-integrity`)
	malwareTypes = open("malware-type", `adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware remote-access-trojan
		resource-exploitation rogue-security-software rootkit screen-capture spyware trojan unknown virus webshell wiper worm`)
	addressFamilies = enum("network-socket-address-family", `AF_UNSPEC AF_INET AF_IPX AF_APPLETALK AF_NETBIOS AF_INET6 AF_IRDA AF_BTH`)
	socketTypes     = enum("network-socket-type", `SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET`)
	opinions        = enum("opinion", `strongly-disagree disagree neutral agree strongly-agree`)
	patternTypes    = open("pattern-type", `stix pcre sigma snort suricata yara`)
	processors      = open("processor-architecture", `alpha arm ia-64 mips powerpc sparc x86 x86-64`)
	regions         = open("region", `africa eastern-africa middle-africa northern-africa southern-africa western-africa americas latin-america-caribbean
		south-america caribbean central-america northern-america asia central-asia eastern-asia southern-asia south-eastern-asia western-asia europe
		eastern-europe northern-europe southern-europe western-europe oceania antarctica australia-new-zealand melanesia micronesia polynesia`)
	reportTypes = open("report-type", `attack-pattern campaign identity indicator intrusion-set malware observed-data threat-actor threat-report tool
		vulnerability`)
	actorTypes = open("threat-actor-type", `activist competitor crime-syndicate criminal hacker insider-accidental insider-disgruntled nation-state
		sensationalist spy terrorist unknown`)
	actorRoles = open("threat-actor-role", `agent director independent infrastructure-architect infrastructure-operator malware-author sponsor`)
	skills     = open("threat-actor-sophistication", `none minimal intermediate advanced expert innovator strategic`)
	toolTypes  = open("tool-type", `denial-of-service exploitation information-gathering network-capture credential-exploitation remote-access
		vulnerability-scanning unknown`)
	integrityLevels = enum("windows-integrity-level", `low medium high system`)
	binaryTypes     = open("windows-pebinary-type", `dll exe sys`)
	registryTypes   = enum("windows-registry-datatype", `REG_NONE REG_SZ REG_EXPAND_SZ REG_BINARY REG_DWORD REG_DWORD_BIG_ENDIAN
		REG_DWORD_LITTLE_ENDIAN REG_LINK REG_MULTI_SZ REG_RESOURCE_LIST REG_FULL_RESOURCE_DESCRIPTION REG_RESOURCE_REQUIREMENTS_LIST REG_QWORD
		REG_INVALID_TYPE`)
	serviceStarts   = enum("windows-service-start-type", `SERVICE_AUTO_START SERVICE_BOOT_START SERVICE_DEMAND_START SERVICE_DISABLED SERVICE_SYSTEM_ALERT`)
	serviceTypes    = enum("windows-service-type", `SERVICE_KERNEL_DRIVER SERVICE_FILE_SYSTEM_DRIVER SERVICE_WIN32_OWN_PROCESS SERVICE_WIN32_SHARE_PROCESS`)
	serviceStatuses = enum("windows-service-status", `SERVICE_CONTINUE_PENDING SERVICE_PAUSE_PENDING SERVICE_PAUSED SERVICE_RUNNING
		SERVICE_START_PENDING SERVICE_STOP_PENDING SERVICE_STOPPED`)
)
