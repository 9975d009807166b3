package kibana

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// assignments returns the colour of each value that a panel fixes, in all of its layers.
func (p savedPanel) assignments() map[string]string {
	out := map[string]string{}
	walk(p.EmbeddableConfig.Attributes.State.Visualization, func(o map[string]any) {
		rule, _ := o["rule"].(map[string]any)
		color, _ := o["color"].(map[string]any)
		values, _ := rule["values"].([]any)
		for _, v := range values {
			out[fmt.Sprint(v)] = fmt.Sprint(color["colorCode"])
		}
	})
	return out
}

// splits returns the labels that the colours of a panel go by: those of the column that its series are split by.
func (p savedPanel) splits() []string {
	accessors := map[string]bool{}
	walk(p.EmbeddableConfig.Attributes.State.Visualization, func(o map[string]any) {
		if id, ok := o["splitAccessor"].(string); ok {
			accessors[id] = true
		}
		groups, _ := o["primaryGroups"].([]any)
		for _, id := range groups {
			accessors[fmt.Sprint(id)] = true
		}
	})
	var out []string
	for _, layer := range p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
		for id, column := range layer.Columns {
			for _, f := range column.Params.Filters {
				if accessors[id] {
					out = append(out, f.Label)
				}
			}
		}
	}
	return out
}

func TestEveryTeamAndCategoryHasItsColourWhereverItIsASeries(t *testing.T) {
	t.Parallel()
	for name, c := range contests(t) {
		want := map[string]string{}
		for _, team := range c.Teams {
			want[team.Name] = team.Color
		}
		for _, category := range newScope(c).categories {
			want[category.tag] = category.color
		}
		if len(want) != len(c.Teams)+len(c.StreamRules()) {
			t.Fatalf("%s: %d colours for %d teams and %d categories", name, len(want), len(c.Teams), len(c.StreamRules()))
		}
		seen := 0
		for _, p := range savedDashboards(t, c)[0].panels {
			colors, splits := p.assignments(), p.splits()
			for _, label := range splits {
				if color, isSide := want[label]; isSide && colors[label] != color || colors[label] == "" {
					t.Errorf("%s, %s: %q is %q, want %q", name, p.PanelIndex, label, colors[label], color)
				}
				seen++
			}
			if len(colors) != len(splits) {
				t.Errorf("%s, %s: %d colours for %d series", name, p.PanelIndex, len(colors), len(splits))
			}
		}
		if least := 2*len(c.StreamRules()) + 3*len(c.Teams); seen < least {
			t.Errorf("%s: %d series were seen, want %d or more", name, seen, least)
		}
		for i, team := range c.Teams {
			tile := savedDashboards(t, c)[0].panels[2+i]
			if got := tile.EmbeddableConfig.Attributes.State.Visualization["color"]; got != team.Color {
				t.Errorf("%s: the tile %s is %v, want %s", name, tile.PanelIndex, got, team.Color)
			}
		}
	}
}

func TestNoColourMappingIsEmpty(t *testing.T) {
	t.Parallel()
	for _, d := range savedDashboards(t, shipped(t)) {
		for _, p := range d.panels {
			walk(p.EmbeddableConfig.Attributes.State.Visualization, func(o map[string]any) {
				mapping, has := o["colorMapping"].(map[string]any)
				if list, _ := mapping["assignments"].([]any); has && len(list) == 0 {
					t.Errorf("%s: an empty mapping, which some versions of Kibana show in one colour", p.PanelIndex)
				}
			})
		}
	}
}

func TestShadesKeepTheHueAndDifferInLightness(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		color string
		n     int
		want  []string
	}{
		{"#E69F00", 1, []string{"#E69F00"}},
		{"#E69F00", 2, []string{"#E69F00", "#7F5700"}},
		{"#0072B2", 2, []string{"#0072B2", "#73B1D5"}},
		{"#0072B2", 3, []string{"#0072B2", "#59A3CD", "#B3D5E8"}},
		{"#000000", 2, []string{"#000000", "#737373"}},
		{"#FFFFFF", 2, []string{"#FFFFFF", "#8C8C8C"}},
	} {
		var got []string
		for i := range c.n {
			got = append(got, shade(c.color, i, c.n))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.color, got, c.want)
		}
	}
	for n := 1; n <= 10; n++ { // as many rules as a contest may have
		seen := map[string]bool{}
		for i := range n {
			seen[shade("#009E73", i, n)] = true
		}
		if len(seen) != n {
			t.Errorf("%d categories have %d colours", n, len(seen))
		}
	}
}

// deficiencies are the matrices for linear RGB of Machado, Oliveira and Fernandes, "A Physiologically-based Model for
// Simulation of Color Vision Deficiency", 2009, at full severity: https://doi.org/10.1109/TVCG.2009.113
var deficiencies = map[string][3][3]float64{
	"none":         {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func TestColourBlindReadersCanTellTheShippedCategoriesApart(t *testing.T) {
	t.Parallel()
	categories := newScope(shipped(t)).categories
	for who, matrix := range deficiencies {
		for i, a := range categories {
			for _, b := range categories[:i] {
				// A difference of 0.02 is just seen side by side; a chart's legend wants several times that.
				if d := distance(seen(a.color, matrix), seen(b.color, matrix)); d < 0.12 {
					t.Errorf("%s: %s %s and %s %s differ by %.3f", who, a.tag, a.color, b.tag, b.color, d)
				}
			}
		}
	}
}

// seen returns the colour in Oklab (https://bottosson.github.io/posts/oklab/), as somebody with a deficiency sees it.
func seen(color string, matrix [3][3]float64) [3]float64 {
	var rgb [3]uint8
	_, _ = fmt.Sscanf(color, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2])
	var linear, lin [3]float64
	for i, c := range rgb {
		linear[i] = math.Pow((float64(c)/255+0.055)/1.055, 2.4)
	}
	for i, row := range matrix {
		lin[i] = max(0, row[0]*linear[0]+row[1]*linear[1]+row[2]*linear[2])
	}
	l := math.Cbrt(0.4122214708*lin[0] + 0.5363325363*lin[1] + 0.0514459929*lin[2])
	m := math.Cbrt(0.2119034982*lin[0] + 0.6806995451*lin[1] + 0.1073969566*lin[2])
	s := math.Cbrt(0.0883024619*lin[0] + 0.2817188376*lin[1] + 0.6299787005*lin[2])
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

func distance(a, b [3]float64) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}
