package console_test

import (
	"os"
	"testing"

	"github.com/go-rod/rod"
)

func TestZZAxe(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	axe, _ := os.ReadFile("/tmp/package/axe.min.js")
	s := newStage(t)
	srv := s.open(t, administrator)
	b := browser(t)
	for _, address := range everyPage(s, newConsoleWithMembers(s)) {
		for name, scheme := range map[string]func(*rod.Page){"light": func(*rod.Page) {}, "dark": dark} {
			p := openTab(nothing{t}, b, srv.URL+address, func(p *rod.Page) { viewport(p, 1280, 900) }, scheme)
			_, err := p.Eval(string("() => {" + string(axe) + "\n}"))
			if err != nil {
				t.Fatal(err)
			}
			out := p.MustEval(`async () => { const r = await axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21aa","wcag22aa","best-practice"]}); if (r.passes.length < 10) return "only " + r.passes.length; console.log(r.passes.length); return r.violations.concat(r.incomplete).map(v => v.id + ": " + v.nodes.slice(0,3).map(n => n.html.slice(0,140) + " | " + n.failureSummary.slice(0,200)).join(" ;; ")).join("\n") }`).Str()
			if out != "" {
				t.Errorf("%s %s\n%s", name, address, out)
			}
			p.MustClose()
		}
	}
}
