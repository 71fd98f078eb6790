// Package catalogue reads criteria: the catalogues that authorities publish,
// and the profiles that pick from them what a label or a buyer asks.
//
// A [Catalogue] is a set of controls as one authority published it, in our own
// words, with the marks of how sure each line is. A [Profile] names controls of
// one or several catalogues, tier by tier, and says of each whether it decides,
// how it must have been found out at least, and which automatic assessor may
// judge it. Both are YAML files of the product (package catalogues); a [Set]
// holds those that belong together, with every link between them closed.
//
//	set, err := catalogue.Shipped()
//	asked, err := set.Profile("iot-baseline").Select(set, 0)
//	for _, s := range asked {
//		fmt.Println(s.Ref(), s.Control.Title)
//	}
//
// Nothing is judged here: package assessment does. Catalogues of other makers
// come in through package oscal and are used in the same way.
package catalogue
