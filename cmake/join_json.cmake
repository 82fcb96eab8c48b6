# Writes one JSON object that lists every JSON file of a folder, in the order of their names.
# usage: cmake -DFOLDER=FOLDER -DNAME=NAME -DOUTPUT=FILE.json -P join_json.cmake
# The object is {"NAME": [FILE, FILE, ...]}.
file(GLOB files ${FOLDER}/*.json)
list(SORT files)
set(joined "")
foreach(path IN LISTS files)
  file(READ ${path} content)
  if(joined)
    string(APPEND joined ",\n")
  endif()
  string(APPEND joined "${content}")
endforeach()
file(WRITE ${OUTPUT} "{\"${NAME}\": [\n${joined}]}\n")
