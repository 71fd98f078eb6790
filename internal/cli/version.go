package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"countersign.dev/internal/node"
)

// build is which program this is.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source; "" when it was built outside a repository
	Modified bool   `json:"modified"` // the source differed from that revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Engine   string `json:"engine"` // as decisions name it
}

func thisBuild() build {
	b := build{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Engine: node.Engine()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	c := command("version", "Which program this is", 0, 0, func(*cobra.Command, []string) error {
		b := thisBuild()
		if a.wantsJSON() {
			return a.json(b)
		}
		revision := b.Revision
		switch {
		case revision == "":
			revision = "unknown"
		case b.Modified:
			revision += ", modified"
		}
		a.line("countersign %s", b.Version)
		a.line("revision    %s", revision)
		a.line("built with  %s for %s", b.Go, b.Platform)
		a.line("engine      %s", b.Engine)
		return nil
	})
	c.Long = "Version prints which program this is. Its engine is what decisions name: replay\ncan only promise the same answer from the same engine."
	return c
}
