package impact

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/software/version"
)

// found is a hit that is not in the index yet.
type found struct {
	component uint32
	hit       hit
}

// task is to compare the members of a group from one to another with slots.
type task struct {
	group    *group
	slots    []uint32
	from, to int
}

// judgeAll compares all components with the added slots, and those that nobody
// has compared yet with the slots that were there before.
func (x *Index) judgeAll(ctx context.Context, added []uint32) ([]found, error) {
	tasks, err := x.tasks(added)
	if err != nil {
		return nil, err
	}
	workers := runtime.GOMAXPROCS(0)
	all := make([][]found, workers)
	var next sync.Mutex
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for ctx.Err() == nil {
				next.Lock()
				if len(tasks) == 0 {
					next.Unlock()
					return
				}
				t := tasks[len(tasks)-1]
				tasks = tasks[:len(tasks)-1]
				next.Unlock()
				all[w] = x.do(t, all[w])
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return slices.Concat(all...), nil
}

// tasks is what has to be compared. Slots are made ready here, where nobody
// else does.
func (x *Index) tasks(added []uint32) ([]task, error) {
	fresh := map[uint32][]uint32{} // by term
	for _, slot := range added {
		term := x.advisories.slots[slot].term
		if len(x.components.groups[term].members) > 0 {
			fresh[term] = append(fresh[term], slot)
		}
	}
	var out []task
	put := func(t task) error {
		if t.from == t.to || len(t.slots) == 0 {
			return nil
		}
		for _, slot := range t.slots {
			if _, err := x.advisories.slots[slot].reading(); err != nil {
				return err
			}
		}
		const most = 4096 // so that both cores have something to do
		for from := t.from; from < t.to; from += most {
			out = append(out, task{t.group, t.slots, from, min(t.to, from+most)})
		}
		return nil
	}
	for term, slots := range fresh {
		g := &x.components.groups[term]
		if err := put(task{g, slots, 0, len(g.members)}); err != nil {
			return nil, err
		}
	}
	if x.judged == x.components.len() {
		return out, nil
	}
	for term := range x.components.groups {
		g := &x.components.groups[term]
		if len(g.slots) == 0 {
			continue
		}
		from, _ := slices.BinarySearchFunc(g.members, uint32(x.judged), func(m member, c uint32) int { return int(m.component) - int(c) })
		if err := put(task{g, g.slots, from, len(g.members)}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// do compares, and adds to out what concerns, or may concern, components.
// Neighbours are often of one version, which is then read once.
func (x *Index) do(t task, out []found) []found {
	var v version.Version
	var raw string
	last := ^uint32(0)
	for _, m := range t.group.members[t.from:t.to] {
		if m.version != last {
			last, raw = m.version, x.components.versions.at(m.version)
			v = readVersion(t.group.ecosystem, raw)
		}
		for _, slot := range t.slots {
			switch x.advisories.slots[slot].prepared.Judge(v, raw).State {
			case advisory.IsAffected:
				out = append(out, found{m.component, hitOf(slot, false)})
			case advisory.Unknown:
				out = append(out, found{m.component, hitOf(slot, true)})
			}
		}
	}
	return out
}

// readVersion is the zero version where there is none to be read.
func readVersion(ecosystem, raw string) version.Version {
	if ecosystem == "" {
		return version.Version{}
	}
	v, err := version.Parse(ecosystem, raw)
	if err != nil {
		return version.Version{}
	}
	return v
}

// judge says what a slot that concerns a component means for it.
func (x *Index) judge(component, slot uint32) advisory.Judgement {
	s := &x.advisories.slots[slot]
	g := &x.components.groups[s.term]
	raw := x.components.versions.at(g.versionIn(component))
	return s.prepared.Judge(readVersion(g.ecosystem, raw), raw)
}
