package kibana

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"catsvdogs/services/pipeline/contest"
)

// savedDashboard is what these tests read of a dashboard, as Kibana does.
type savedDashboard struct {
	ID         string
	References []savedReference
	Attributes struct {
		Title, PanelsJSON, TimeFrom, TimeTo string
		TimeRestore                         bool
		RefreshInterval                     struct {
			Pause bool
			Value int
		}
		KibanaSavedObjectMeta struct{ SearchSourceJSON string }
		ControlGroupInput     struct{ PanelsJSON string }
	}
	panels   []savedPanel
	controls map[string]savedControl
}

type savedReference struct{ ID, Name, Type string }

type savedControl struct {
	Type          string
	ExplicitInput struct{ ID, DataViewID, FieldName string }
}

type savedPanel struct {
	PanelIndex, Type string
	GridData         struct {
		X, Y, W, H int
		I          string
	}
	EmbeddableConfig struct {
		TimeRange  *struct{ From, To string }
		Attributes struct {
			Title, VisualizationType string
			References               []savedReference
			State                    struct {
				Query            savedQuery
				Filters          []any
				Visualization    map[string]any
				DatasourceStates struct {
					FormBased struct{ Layers map[string]savedLayer }
				}
			}
		}
		SavedVis struct {
			Type   string
			Params struct{ Markdown string }
		}
	}
}

type savedQuery struct{ Query, Language string }

type savedLayer struct {
	Columns             map[string]savedColumn
	ColumnOrder         []string
	IgnoreGlobalFilters bool
}

type savedColumn struct {
	Label, DataType, OperationType, SourceField string
	IsBucketed                                  bool
	Filter                                      *savedQuery
	Params                                      struct {
		Interval                   string
		Size                       int
		Percentile                 float64
		OrderBy                    struct{ Type, ColumnID string }
		OrderDirection             string
		MissingBucket, OtherBucket bool
		Filters                    []struct {
			Label string
			Input savedQuery
		}
		SecondaryFields []string
	}
}

// dataViewOf returns the id of the data view that a layer reads, by the panel's own references.
func (p savedPanel) dataViewOf(layer string) string {
	for _, r := range p.EmbeddableConfig.Attributes.References {
		if r.Name == "indexpattern-datasource-layer-"+layer {
			return r.ID
		}
	}
	return ""
}

func savedDashboards(t testing.TB, c *contest.Contest) []savedDashboard {
	t.Helper()
	objects, err := Objects(c)
	if err != nil {
		t.Fatal(err)
	}
	var out []savedDashboard
	for _, o := range objects {
		if o.Type != "dashboard" {
			continue
		}
		var d savedDashboard
		read(t, string(o.JSON), &d)
		read(t, d.Attributes.PanelsJSON, &d.panels)
		read(t, d.Attributes.ControlGroupInput.PanelsJSON, &d.controls)
		out = append(out, d)
	}
	return out
}

func read(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
}

func shipped(t testing.TB) *contest.Contest {
	t.Helper()
	c, err := contest.Load("../contest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// made returns a contest of n teams, each with two categories.
func made(t testing.TB, n int) *contest.Contest {
	t.Helper()
	colors := []string{"#E69F00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"}
	var teams strings.Builder
	for i := range n {
		fmt.Fprintf(&teams, "  - {id: t%d, name: Team %d, color: %q, hashtags: [h%d]}\n", i+1, i+1, colors[i], i+1)
	}
	c, err := contest.Parse("made", []byte("name: A contest\nteams:\n"+teams.String()+`rules:
  - {tag: "{team} with images", value: "({hashtags}) has:images"}
  - {tag: "{team} with videos", value: "({hashtags}) has:videos"}
`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// contests are the shipped one and those that put the most strain on a dashboard.
func contests(t testing.TB) map[string]*contest.Contest {
	t.Helper()
	foreign, err := contest.Load("testdata/three-teams.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*contest.Contest{
		"the shipped contest":        shipped(t),
		"two teams":                  made(t, 2),
		"three teams, foreign names": foreign,
		"six teams":                  made(t, 6),
	}
}
