package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"countersign.dev/internal/problem"
)

// stateForm is the form of a state.
const stateForm = "monitor-state/v1"

// maxState bounds a state's file, in bytes.
const maxState = 1 << 30

// State is what a run saw and found in order, for the next to go on from.
type State struct {
	Form       string              `json:"monitor_state"`
	Checkpoint string              `json:"checkpoint"` // signed; "" before the first run
	Sequence   int64               `json:"sequence"`   // highest of a status list
	Events     map[string][]Logged `json:"events"`     // of each label, that were found in the log
}

// Logged is an event that was found in the log.
type Logged struct {
	Position int64  `json:"position"`
	Digest   string `json:"digest"`
}

// ReadState reads a state from a file; an empty one where there is none.
func ReadState(path string) (*State, error) {
	s := &State{Form: stateForm, Events: map[string][]Logged{}}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil && info.Size() > maxState {
		return nil, problem.New(problem.TooLarge, "%s: larger than any state", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if err := json.Unmarshal(b, s); err != nil || s.Form != stateForm {
		return nil, problem.New(problem.Invalid, "%s: not the state of a monitor (%s)", path, stateForm)
	}
	if s.Events == nil {
		s.Events = map[string][]Logged{}
	}
	return s, nil
}

// Write writes the state to a file, whole or not at all.
func (s *State) Write(path string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}
