package stix

import "sync"

// types20 is the types of STIX 2.0.
var types20 = sync.OnceValue(func() map[string]*objectType {
	return types21()
})

var observables20 = types21
