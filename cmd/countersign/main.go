// Countersign answers, with evidence and as of any date, whether one may buy
// from a supplier, run a product, trust it, and who must know. See README.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"countersign.dev/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	self, _ := os.Executable() // only measured by bench check, which can do without
	program := cli.Program{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Self: self,
	}
	code := program.Run(ctx)
	stop()
	os.Exit(code)
}
