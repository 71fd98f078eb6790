//go:build ignore

// Report reads the output of go test -json and writes what a person wants of
// it: a line per package as it ends, the output of what failed, every skipped
// test with its reason, and the sum. It exits with 1 when a test failed or the
// input ended early; with -no-skip also when a test skipped for a reason other
// than that the collection of official files is absent.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// excused is in the message of every skip that is nobody's fault.
const excused = "no collection of official files"

type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

type report struct {
	output                           map[string]*strings.Builder // by package and test
	skipped                          map[string]string           // reasons
	running                          map[string]bool             // packages
	packages, failed, tests, failing int
}

func main() {
	strict := flag.Bool("no-skip", false, "fail when a test skipped")
	flag.Parse()
	r := report{output: map[string]*strings.Builder{}, skipped: map[string]string{}, running: map[string]bool{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text())
			continue
		}
		r.add(e)
	}
	if err := in.Err(); err != nil {
		fmt.Println("report:", err)
		os.Exit(1)
	}
	if r.summary(*strict) {
		return
	}
	os.Exit(1)
}

func (r *report) add(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "start":
		r.running[e.Package] = true
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		if r.output[key] == nil {
			r.output[key] = &strings.Builder{}
		}
		r.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		r.end(e, key)
	}
}

func (r *report) end(e event, key string) {
	said := ""
	if b := r.output[key]; b != nil {
		said = b.String()
		delete(r.output, key)
	}
	if e.Test == "" {
		delete(r.running, e.Package)
		r.packages++
		if e.Action == "fail" {
			r.failed++
			for line := range strings.Lines(said) {
				if !strings.HasPrefix(line, "FAIL") {
					fmt.Print(line)
				}
			}
			fmt.Printf("FAIL\t%s\t%.3fs\n", e.Package, e.Elapsed)
			return
		}
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "ok") || strings.HasPrefix(line, "?") {
				fmt.Print(line)
			}
		}
		return
	}
	r.tests++
	switch e.Action {
	case "fail":
		r.failing++
		for line := range strings.Lines(said) {
			if !strings.HasPrefix(line, "=== ") {
				fmt.Print(line)
			}
		}
	case "skip":
		r.skipped[key] = reason(said)
	}
}

// reason is what a skipped test said, without the lines of the test runner.
func reason(said string) string {
	var lines []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

func (r *report) summary(strict bool) bool {
	forgiven := 0
	for _, test := range slices.Sorted(maps.Keys(r.skipped)) {
		if strings.Contains(r.skipped[test], excused) {
			forgiven++
		}
		fmt.Printf("SKIP\t%s\t%s\n", test, r.skipped[test])
	}
	for _, p := range slices.Sorted(maps.Keys(r.running)) {
		fmt.Printf("FAIL\t%s\tdid not end\n", p)
	}
	ok := r.failed == 0 && r.failing == 0 && len(r.running) == 0 && r.packages > 0
	unforgiven := len(r.skipped) - forgiven
	if strict && unforgiven > 0 {
		fmt.Printf("FAIL\t%d tests skipped that must not\n", unforgiven)
		ok = false
	}
	word := map[bool]string{true: "ok", false: "FAIL"}[ok]
	fmt.Printf("%s\t%d packages, %d failed; %d tests, %d failed, %d skipped (%d of them for lack of the collection of official files)\n",
		word, r.packages, r.failed, r.tests, r.failing, len(r.skipped), forgiven)
	return ok
}
