package kibana

import (
	"strings"
	"testing"
)

const columns = 48 // of Kibana's grid

func TestPanelsFillTheGridWithoutGapsOrOverlaps(t *testing.T) {
	t.Parallel()
	for name, c := range contests(t) {
		for _, d := range savedDashboards(t, c) {
			taken := map[[2]int]string{}
			bottom := 0
			for _, p := range d.panels {
				g := p.GridData
				if g.W < 1 || g.H < 1 || g.X < 0 || g.Y < 0 || g.X+g.W > columns {
					t.Errorf("%s, %s: %s does not fit: %+v", name, d.ID, p.PanelIndex, g)
				}
				for x := g.X; x < g.X+g.W; x++ {
					for y := g.Y; y < g.Y+g.H; y++ {
						if other := taken[[2]int{x, y}]; other != "" {
							t.Fatalf("%s, %s: %s lies on %s", name, d.ID, p.PanelIndex, other)
						}
						taken[[2]int{x, y}] = p.PanelIndex
					}
				}
				bottom = max(bottom, g.Y+g.H)
			}
			if len(taken) != columns*bottom {
				t.Errorf("%s, %s: %d cells of %d are empty", name, d.ID, columns*bottom-len(taken), columns*bottom)
			}
		}
	}
}

func TestPanelsOfARowHaveOneHeight(t *testing.T) {
	t.Parallel()
	for _, d := range savedDashboards(t, shipped(t)) {
		heights := map[int]int{}
		for _, p := range d.panels {
			if h, ok := heights[p.GridData.Y]; ok && h != p.GridData.H {
				t.Errorf("%s: %s has the height %d, its row %d", d.ID, p.PanelIndex, p.GridData.H, h)
			}
			heights[p.GridData.Y] = p.GridData.H
		}
	}
}

func TestIdsOfPanelsAreUnique(t *testing.T) {
	t.Parallel()
	for name, c := range contests(t) {
		for _, d := range savedDashboards(t, c) {
			seen := map[string]bool{}
			for _, p := range d.panels {
				if p.PanelIndex == "" || p.GridData.I != p.PanelIndex || seen[p.PanelIndex] {
					t.Errorf("%s, %s: the id %q, on the grid %q, twice: %v", name, d.ID, p.PanelIndex, p.GridData.I, seen[p.PanelIndex])
				}
				seen[p.PanelIndex] = true
			}
		}
	}
}

// Kibana takes a dashboard without its references and opens it empty, so nothing else would say it.
func TestEveryReferenceResolvesAndEveryLayerHasOne(t *testing.T) {
	t.Parallel()
	for name, c := range contests(t) {
		views := map[string]bool{}
		for _, v := range dataViews() {
			views[v.id] = true
		}
		for _, d := range savedDashboards(t, c) {
			left := map[string]string{}
			for _, r := range d.References {
				if r.Type != "index-pattern" || !views[r.ID] || left[r.Name] != "" {
					t.Errorf("%s, %s: %+v leads nowhere, or is there twice", name, d.ID, r)
				}
				left[r.Name] = r.ID
			}
			take := func(name, view string) {
				if left[name] != view || view == "" {
					t.Errorf("%s: %s refers to %q, want %q", d.ID, name, left[name], view)
				}
				delete(left, name)
			}
			for _, p := range d.panels {
				for layer := range p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
					take(p.PanelIndex+":indexpattern-datasource-layer-"+layer, p.dataViewOf(layer))
				}
			}
			for id, control := range d.controls {
				take("controlGroup_"+id+":optionsListDataView", control.ExplicitInput.DataViewID)
			}
			if len(left) > 0 {
				t.Errorf("%s, %s: of nothing: %v", name, d.ID, left)
			}
		}
	}
}

func TestEachDashboardLinksToTheOther(t *testing.T) {
	t.Parallel()
	for _, d := range savedDashboards(t, shipped(t)) {
		other := map[string]string{ContestDashboard: HealthDashboard, HealthDashboard: ContestDashboard}[d.ID]
		if text := d.panels[0].EmbeddableConfig.SavedVis.Params.Markdown; !strings.Contains(text, "(#/view/"+other+")") {
			t.Errorf("%s: no link to %s in %q", d.ID, other, text)
		}
	}
}
