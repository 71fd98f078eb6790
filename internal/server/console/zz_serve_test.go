package console_test

import (
	"net/http"
	"os"
	"testing"
	"time"
)

func TestZZServe(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	s := newStage(t)
	s.decided()
	srv := &http.Server{Addr: "127.0.0.1:18090", Handler: s.door(administrator)}
	go srv.ListenAndServe()
	time.Sleep(45 * time.Minute)
}
