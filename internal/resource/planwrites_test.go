package resource

import (
	"errors"
	"reflect"
	"testing"
)

// While planning, nothing can be written: each method of a Writer refuses.
func TestPlanningWritesNothing(t *testing.T) {
	writer := reflect.TypeFor[Writer]()
	host := reflect.ValueOf(&planHost{})
	for m := range writer.NumMethod() {
		name := writer.Method(m).Name
		method := host.MethodByName(name)
		var zero []reflect.Value
		for i := range method.Type().NumIn() {
			zero = append(zero, reflect.Zero(method.Type().In(i)))
		}
		call := method.Call
		if method.Type().IsVariadic() {
			call = method.CallSlice
		}
		results := call(zero)
		if err, _ := results[len(results)-1].Interface().(error); !errors.Is(err, errPlanning) {
			t.Errorf("%s while planning gave %v, want errPlanning", name, err)
		}
	}
}
