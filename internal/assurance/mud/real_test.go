package mud

import (
	"os"
	"path/filepath"
	"testing"

	"countersign.dev/internal/realdata"
)

// What real files say, counted by another program. All were made from traffic
// or by a tool, most of them in the form of a draft; none breaks a rule that
// leaves no choice. One socket may talk to anybody, on the port of STUN.
func TestRealFiles(t *testing.T) {
	dir := realdata.Path(t, "data/assurance/mud")
	files := map[string]struct{ hosts, peers, flaws int }{
		"HueBulbMud.json": {24, 13, 2}, "L2540DW.json": {2, 4, 0}, "NetatmoWeatherStationMud.json": {2, 6, 2}, "SmartThingsMud.json": {6, 6, 2},
		"awairAirQualityMud.json": {8, 6, 3}, "blipcareBPmeterMud.json": {2, 6, 2}, "dropcamMud.json": {12, 6, 4},
		"mudmaker-cloud-service.json": {2, 0, 0}, "mudmaker-my-controller.json": {0, 2, 0}, "mudmaker-same-manufacturer.json": {0, 2, 0},
		"tplinkplugMud.json": {22, 9, 2}, "wemoswitchMud.json": {14, 16, 7},
	}
	for name, want := range files {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(t.Context(), name, b, Limits{})
		if err != nil || !Recognise(name, b) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := (struct{ hosts, peers, flaws int }{len(f.Hosts), len(f.Peers), len(f.Flaws)}); got != want {
			t.Errorf("%s: %+v, want %+v\n%v\n%+v\n%+v", name, got, want, f.Warnings(), f.Hosts, f.Peers)
		}
		if anywhere := len(f.Anywhere()) > 0; !f.Sound() || !f.Supported || f.LastUpdate.IsZero() || anywhere != (name == "wemoswitchMud.json") {
			t.Errorf("%s: sound %v, supported %v, last update %v, anywhere %v", name, f.Sound(), f.Supported, f.LastUpdate, f.Anywhere())
		}
	}
}

// A printer that talks to one host, and a socket that asks eleven time servers.
func TestRealComparison(t *testing.T) {
	read := func(name string) *File {
		b, err := os.ReadFile(filepath.Join(realdata.Path(t, "data/assurance/mud"), name))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(t.Context(), name, b, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if c := Compare(read("L2540DW.json"), []string{"https://Update.Brother.co.jp:80/x"}); !c.Agrees() {
		t.Errorf("%+v", c)
	}
	c := Compare(read("tplinkplugMud.json"), []string{"*.tplinkcloud.com", "*.pool.ntp.org", "support.tp-link.com"})
	names := hostNames(c.Undeclared)
	if names != "s1b.time.edu.cn time-b.nist.gov" || len(c.Unneeded) != 1 || c.Unneeded[0] != "support.tp-link.com" {
		t.Errorf("undeclared %v, unneeded %v", names, c.Unneeded)
	}
}
