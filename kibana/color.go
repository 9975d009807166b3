package kibana

import (
	"fmt"
	"math"
)

// shade returns the colour of the i-th of n categories of a team whose colour is #RRGGBB. The first has the team's own;
// the others are mixed with black where that is a light colour and with white where it is a dark one, in equal steps.
// So the categories of a team keep its hue and differ in lightness, which every reader sees, and the colours of two
// teams that can be told apart do not move towards each other through grey.
func shade(color string, i, n int) string {
	var r, g, b uint8
	if _, err := fmt.Sscanf(color, "#%02x%02x%02x", &r, &g, &b); err != nil || i == 0 {
		return color
	}
	const most = 0.7 // beyond it a hue is hardly seen
	towards := 255.0
	if luminance(r, g, b) > 0.3 {
		towards = 0
	}
	part := min(0.45*float64(i), most*float64(i)/float64(n-1))
	mix := func(c uint8) uint8 { return uint8(math.Round(float64(c) + (towards-float64(c))*part)) }
	return fmt.Sprintf("#%02X%02X%02X", mix(r), mix(g), mix(b))
}

// luminance returns the relative luminance, from 0 to 1.
// https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
func luminance(r, g, b uint8) float64 {
	linear := func(c uint8) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
