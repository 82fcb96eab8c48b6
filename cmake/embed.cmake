# Writes a C++ file that holds another file's bytes.
# usage: cmake -DINPUT=FILE -DOUTPUT=FILE.cpp -DHEADER=INCLUDED.h -DNAMESPACE=NAME -DFUNCTION=NAME -P embed.cmake
# The header declares: ByteView FUNCTION();
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," list "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" list "${list}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\n#include <array>\n\nnamespace ${NAMESPACE} {\n
ByteView ${FUNCTION}() {\n  static constexpr auto kBytes = std::to_array<std::uint8_t>({\n${list}\n});\n  return kBytes;\n}\n
}  // namespace ${NAMESPACE}\n")
