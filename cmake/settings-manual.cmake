# Puts the table that `gymchat-token --settings` prints between the markers of docs/settings.md:
#   cmake -DTOKEN=path/of/gymchat-token -DMANUAL=docs/settings.md -P cmake/settings-manual.cmake
execute_process(COMMAND ${TOKEN} --settings OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
file(READ ${MANUAL} manual)
string(FIND "${manual}" "<!-- settings -->\n" from)
string(FIND "${manual}" "<!-- /settings -->" to)
if(from LESS 0 OR to LESS from)
	message(FATAL_ERROR "${MANUAL} lacks the markers of the table")
endif()
string(LENGTH "<!-- settings -->\n" marker)
math(EXPR from "${from} + ${marker}")
string(SUBSTRING "${manual}" 0 ${from} head)
string(SUBSTRING "${manual}" ${to} -1 tail)
file(WRITE ${MANUAL} "${head}${table}${tail}")
