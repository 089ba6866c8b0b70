//go:build hosttest

package hosttest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"go.yaml.in/yaml/v3"
)

// step is one entry of a rule's data: a query of ours or an expression over another step.
type step struct {
	RefID             string `yaml:"refId"`
	DatasourceUID     string `yaml:"datasourceUid"`
	RelativeTimeRange struct {
		From int `yaml:"from"`
		To   int `yaml:"to"`
	} `yaml:"relativeTimeRange"`
	Model map[string]any `yaml:"model"`
}

type rule struct {
	UID       string `yaml:"uid"`
	Condition string `yaml:"condition"`
	Data      []step `yaml:"data"`
}

// shippedRule reads the rule that people get with the repository.
func shippedRule(t *testing.T) rule {
	t.Helper()
	files, err := filepath.Glob("../../../provisioning/alerting/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no alert rules in provisioning/alerting (%v)", err)
	}
	var file struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, &file); err != nil || len(file.Groups) == 0 || len(file.Groups[0].Rules) == 0 {
		t.Fatalf("%s has no rule: %v", files[0], err)
	}
	return file.Groups[0].Rules[0]
}

func (r rule) step(t *testing.T, refID string) step {
	t.Helper()
	for _, s := range r.Data {
		if s.RefID == refID {
			return s
		}
	}
	t.Fatalf("rule %s has no step %s", r.UID, refID)
	return step{}
}

// instance is one of the values that a rule judges on its own, told apart by its labels.
type instance struct {
	labels data.Labels
	value  float64
	firing bool
}

// evaluate runs a rule whose query answered `frames`, as Grafana's pkg/expr does: the condition is a threshold over our query, or over a
// reduction of it. No instances means the state NoData.
func (r rule) evaluate(t *testing.T, frames data.Frames) []instance {
	t.Helper()
	threshold := r.step(t, r.Condition)
	if threshold.Model["type"] != "threshold" {
		t.Fatalf("the condition is a %v, this test knows thresholds", threshold.Model["type"])
	}
	input := r.step(t, threshold.Model["expression"].(string))
	var instances []instance
	var err error
	if input.DatasourceUID == "__expr__" {
		settings, _ := input.Model["settings"].(map[string]any)
		if input.Model["type"] != "reduce" || input.Model["reducer"] != "last" || settings["mode"] != "dropNN" {
			t.Fatalf("this test knows reduce with last and dropNN, got %v", input.Model)
		}
		instances, err = reduceLast(frames)
	} else {
		instances, err = numbers(frames)
	}
	if err != nil {
		t.Fatalf("Grafana would refuse these frames: %v", err)
	}
	evaluator := threshold.Model["conditions"].([]any)[0].(map[string]any)["evaluator"].(map[string]any)
	if evaluator["type"] != "gt" {
		t.Fatalf("this test knows gt, got %v", evaluator["type"])
	}
	limit := fmt.Sprint(evaluator["params"].([]any)[0])
	var above float64
	if _, err := fmt.Sscan(limit, &above); err != nil {
		t.Fatal(err)
	}
	for i := range instances {
		instances[i].firing = instances[i].value > above
	}
	return instances
}

// numbers reads a numeric-long frame: each row is a value, its strings are the labels. Source: dataplane contract, numeric long; Grafana
// pkg/expr, which crashes on a null string.
func numbers(frames data.Frames) ([]instance, error) {
	var instances []instance
	for _, frame := range frames {
		if frame.Meta == nil || frame.Meta.Type != data.FrameTypeNumericLong {
			return nil, errors.New("a threshold over a query takes numbers, not series")
		}
		for row := range frame.Rows() {
			var found instance
			values := 0
			found.labels = data.Labels{}
			for _, field := range frame.Fields {
				switch {
				case field.Type() == data.FieldTypeString:
					found.labels[field.Name] = field.At(row).(string)
				case field.Type().Numeric():
					value, err := field.NullableFloatAt(row)
					if err != nil || value == nil {
						return nil, fmt.Errorf("%s has no number in row %d", field.Name, row)
					}
					found.value = *value
					values++
				default:
					return nil, fmt.Errorf("%s is a %s: a label must never be null, a value must be a number", field.Name, field.Type())
				}
			}
			if values != 1 {
				return nil, fmt.Errorf("%d values in a row", values)
			}
			instances = append(instances, found)
		}
	}
	return unique(instances)
}

// reduceLast takes the last number of each series, leaving nulls and NaN out. A series without any number leaves nothing.
func reduceLast(frames data.Frames) ([]instance, error) {
	var instances []instance
	for _, frame := range frames {
		if frame.Meta == nil || frame.Meta.Type != data.FrameTypeTimeSeriesMulti || len(frame.Fields) != 2 {
			return nil, errors.New("a reduction takes one series a frame (timeseries-multi)")
		}
		var last *float64
		var before time.Time
		for row := range frame.Rows() {
			at, ok := frame.Fields[0].ConcreteAt(row)
			if !ok || !at.(time.Time).After(before) {
				return nil, errors.New("times must ascend and not be null")
			}
			before = at.(time.Time)
			value, err := frame.Fields[1].NullableFloatAt(row)
			if err != nil {
				return nil, err
			}
			if value != nil && *value == *value {
				last = value
			}
		}
		if last != nil {
			instances = append(instances, instance{labels: frame.Fields[1].Labels, value: *last})
		}
	}
	return unique(instances)
}

func unique(instances []instance) ([]instance, error) {
	seen := map[string]bool{}
	for _, one := range instances {
		if seen[one.labels.String()] {
			return nil, fmt.Errorf("two instances with the labels %s", one.labels)
		}
		seen[one.labels.String()] = true
	}
	return instances, nil
}
