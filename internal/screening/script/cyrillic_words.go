package script

// cyrillicNames are given names that newspapers and lists spell otherwise
// than any table does, as folding leaves them.
var cyrillicNames = map[string]string{
	"александр": "alexander", "петр": "pyotr", "артем": "artyom", "семен": "semyon", "федор": "fyodor",
}
