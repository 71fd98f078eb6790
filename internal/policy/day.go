package policy

import (
	"errors"
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"countersign.dev/internal/access"
)

// dayType is the type of days in expressions. It has no fields and, but for
// equality, only the operations that the environment declares for it:
// comparisons.
var dayType = types.NewObjectType("date", traits.ComparerType)

// day is a calendar day as CEL sees it.
type day access.Date

// errUnset is wrapped by the error of reading a day that the input leaves
// empty.
var errUnset = errors.New("is not set")

func (d day) Type() ref.Type { return dayType }
func (d day) Value() any     { return access.Date(d) }

// Compare orders days as the calendar does, which ISO text does too.
func (d day) Compare(other ref.Val) ref.Val {
	o, ok := other.(day)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	switch {
	case d < o:
		return types.IntNegOne
	case d > o:
		return types.IntOne
	}
	return types.IntZero
}

// Equal reports whether other is the same day.
func (d day) Equal(other ref.Val) ref.Val {
	o, ok := other.(day)
	return types.Bool(ok && d == o)
}

// ConvertToNative is not offered: no day leaves an expression but by Value.
func (d day) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a date does not convert to %v", t)
}

// ConvertToType is not offered, so that days can only be compared.
func (d day) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("a date does not convert to %s", t.TypeName())
}

var _ traits.Comparer = day("")
