package page

import (
	"bytes"
	"fmt"
	"math"
)

// icon draws a disc with a sector for each team.
func icon(colors []string) []byte {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -16 32 32">`)
	edge := func(i int) (x, y float64) {
		// Half a turn back, so that the first of two teams has the left half, as on the page.
		sin, cos := math.Sincos(2 * math.Pi * (float64(i)/float64(len(colors)) + 0.5))
		return 15 * sin, -15 * cos
	}
	for i, color := range colors {
		x0, y0 := edge(i)
		x1, y1 := edge(i + 1)
		fmt.Fprintf(&b, `<path fill="%s" d="M0 0L%.2f %.2fA15 15 0 0 1 %.2f %.2fZ"/>`, color, x0, y0, x1, y1)
	}
	b.WriteString(`<circle r="6" fill="#fff"/></svg>`)
	return b.Bytes()
}
