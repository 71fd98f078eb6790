package gate

// The parts of SARIF 2.1.0 that are written (OASIS, Static Analysis Results
// Interchange Format Version 2.1.0). Names are those of the standard.

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Automation  sarifAutomation   `json:"automationDetails"`
	Invocations []sarifInvocation `json:"invocations"`
	Provenance  []sarifVersion    `json:"versionControlProvenance,omitempty"`
	Artifacts   []sarifArtifact   `json:"artifacts"`
	Results     []sarifResult     `json:"results"`
	Properties  sarifRunBag       `json:"properties"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri,omitempty"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Short     sarifText    `json:"shortDescription"`
	Full      sarifText    `json:"fullDescription"`
	HelpURI   string       `json:"helpUri,omitempty"`
	Help      sarifHelp    `json:"help"`
	Defaults  sarifDefault `json:"defaultConfiguration"`
	Prepared  sarifRuleBag `json:"properties"`
	worstSeen float64      // of its results
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifHelp struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown"`
}

type sarifDefault struct {
	Level string `json:"level"`
}

// sarifRuleBag has the properties that code scanning reads.
type sarifRuleBag struct {
	Tags     []string `json:"tags"`
	Severity string   `json:"security-severity,omitempty"`
	Problem  string   `json:"problem.severity,omitempty"`
	Precise  string   `json:"precision,omitempty"`
}

type sarifAutomation struct {
	ID string `json:"id"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	ExitCode      int                 `json:"exitCode"`
	ExitMeaning   string              `json:"exitCodeDescription"`
	End           string              `json:"endTimeUtc,omitempty"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifVersion struct {
	Repository string `json:"repositoryUri"`
	Revision   string `json:"revisionId,omitempty"`
	Branch     string `json:"branch,omitempty"`
}

type sarifArtifact struct {
	Location sarifArtifactLocation `json:"location"`
	Roles    []string              `json:"roles"`
	Hashes   map[string]string     `json:"hashes,omitempty"`
}

type sarifArtifactLocation struct {
	URI   string `json:"uri"`
	Base  string `json:"uriBaseId,omitempty"`
	Index int    `json:"index"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	Properties   *sarifResultBag    `json:"properties,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifactLocation `json:"artifactLocation"`
	Region   sarifRegion           `json:"region"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type sarifLogical struct {
	Name          string `json:"name"`
	QualifiedName string `json:"fullyQualifiedName,omitempty"`
	Kind          string `json:"kind"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

// sarifResultBag says of a finding what SARIF has no place for.
type sarifResultBag struct {
	Component  string   `json:"component,omitempty"`
	Version    string   `json:"version,omitempty"`
	Aliases    []string `json:"aliases,omitempty"`
	Fixed      []string `json:"fixed,omitempty"`
	State      string   `json:"state,omitempty"`
	Weak       bool     `json:"weak,omitempty"`
	Malicious  bool     `json:"malicious,omitempty"`
	Verdict    string   `json:"verdict"`
	Severity   string   `json:"severity,omitempty"`
	Score      float64  `json:"score,omitempty"`
	Exploited  bool     `json:"exploited,omitempty"`
	Due        string   `json:"kev_due,omitempty"`
	EPSS       float64  `json:"epss,omitempty"`
	Percentile float64  `json:"epss_percentile,omitempty"`
	VEX        string   `json:"vex,omitempty"`
	VEXIssuer  string   `json:"vex_issuer,omitempty"`
}

type sarifRunBag struct {
	Verdict  string        `json:"verdict"`
	Purpose  string        `json:"purpose,omitempty"`
	Subject  string        `json:"subject,omitempty"`
	Policies []string      `json:"policies"`
	At       string        `json:"at,omitempty"`
	Known    string        `json:"known,omitempty"`
	Position int64         `json:"position,omitempty"`
	Decision string        `json:"decision,omitempty"`
	Quality  []sarifGraded `json:"quality,omitempty"`
}

type sarifGraded struct {
	Part    string  `json:"part"`
	Grade   string  `json:"grade"`
	Percent float64 `json:"percent"`
}
