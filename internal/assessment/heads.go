package assessment

import (
	"fmt"
	"strings"
)

// follow makes the outcome of a head follow from those below it. Its own
// judgement can make it worse and can give it a stronger method, but it hides
// nothing that is not met or not known below.
func follow(head *Outcome, below []*Outcome) {
	if len(below) == 0 {
		return
	}
	own := *head
	lacking := map[Status][]string{}
	weakest := Method("")
	for _, o := range below {
		head.FollowsFrom = append(head.FollowsFrom, o.Ref)
		lacking[o.Status] = append(lacking[o.Status], o.Ref)
		if o.Status == Met && (weakest == "" || o.Method.rank() < weakest.rank()) {
			weakest = o.Method
		}
	}
	head.Method = weakest
	switch {
	case own.Status == NotMet:
		head.Method = own.Method
		return
	case len(lacking[NotMet]) > 0:
		head.Status, head.Method = NotMet, ""
		head.Reason = "not met below it: " + strings.Join(lacking[NotMet], ", ")
	case len(lacking[Unknown]) > 0:
		head.Status, head.Method = Unknown, ""
		head.Reason = "unknown below it: " + strings.Join(lacking[Unknown], ", ")
	case len(lacking[NotApplicable]) == len(below):
		head.Status, head.Method = NotApplicable, Declared
		if len(own.Absent) == 0 {
			head.Reason = "nothing below it applies"
		}
	case own.Status == Met && own.Method.rank() >= weakest.rank():
		head.Method = own.Method // enough, or it would not be met by itself
		return
	case weakest.rank() < head.Least.rank():
		head.Status, head.Method, head.tooWeak = Unknown, "", true
		head.Reason = fmt.Sprintf("all below it is met, but some only as %s: the profile asks for %s", weakest, head.Least)
	default:
		head.Status = Met
		head.Reason = "all that is asked below it is met"
		if n := len(lacking[NotApplicable]); n > 0 {
			head.Reason += fmt.Sprintf(" or does not apply (%d)", n)
		}
	}
	head.undecide()
}

// undecide puts the judgement of the head itself back among the others, where
// what is below decides against it or without it.
func (o *Outcome) undecide() {
	if o.Decided == nil {
		return
	}
	o.Contested = o.Contested || o.Decided.Status != o.Status
	o.Others = append([]Weighed{*o.Decided}, o.Others...)
	o.Decided = nil
}
