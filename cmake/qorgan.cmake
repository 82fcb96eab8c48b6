# How every module, test and program of this tree is declared.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
# Debian's OpenCVConfig.cmake comes with the -dev packages of every OpenCV module; three are needed here.
find_path(QORGAN_OPENCV_INCLUDE opencv2/imgproc.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(module core imgproc imgcodecs)
  find_library(QORGAN_OPENCV_${module} opencv_${module} REQUIRED)
  add_library(opencv_${module} SHARED IMPORTED)
  set_target_properties(opencv_${module} PROPERTIES
                        IMPORTED_LOCATION ${QORGAN_OPENCV_${module}}
                        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${QORGAN_OPENCV_INCLUDE}
                        INTERFACE_INCLUDE_DIRECTORIES ${QORGAN_OPENCV_INCLUDE})
endforeach()
find_package(SQLite3 REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)

# The name of a linker that needs less time and memory than the default one, where it is installed.
find_program(QORGAN_LLD ld.lld)

add_library(qorgan_options INTERFACE)
target_compile_options(qorgan_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wnon-virtual-dtor -Wold-style-cast -Werror -fno-omit-frame-pointer)
target_include_directories(qorgan_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(qorgan_options INTERFACE QORGAN_VERSION="${PROJECT_VERSION}")
target_link_libraries(qorgan_options INTERFACE Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)
if(QORGAN_SANITIZE)
  target_compile_options(qorgan_options INTERFACE -fsanitize=${QORGAN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(qorgan_options INTERFACE -fsanitize=${QORGAN_SANITIZE})
endif()
if(QORGAN_LLD)
  target_link_options(qorgan_options INTERFACE -fuse-ld=lld)
endif()

# qorgan_module(NAME [PRIVATE_LIBS ...] [PUBLIC_LIBS ...]): a static library of every .cpp file directly in this
# folder and in the folders named by SUBFOLDERS.
function(qorgan_module name)
  cmake_parse_arguments(ARG "" "" "SUBFOLDERS;PUBLIC_LIBS;PRIVATE_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(folder IN LISTS ARG_SUBFOLDERS)
    file(GLOB more CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND sources ${more})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_library(qorgan_${name} STATIC ${sources})
  target_link_libraries(qorgan_${name} PUBLIC qorgan_options ${ARG_PUBLIC_LIBS} PRIVATE ${ARG_PRIVATE_LIBS})
endfunction()

# qorgan_test(NAME LIBS ...): one GoogleTest program of every .cpp file in tests/NAME, its cases run in parallel by ctest.
function(qorgan_test name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_executable(${name}_tests ${sources})
  target_link_libraries(${name}_tests PRIVATE ${ARG_LIBS} qorgan_test_support)
  # What is tested is optimised as it is shipped; the tests themselves compile a third quicker with less.
  target_compile_options(${name}_tests PRIVATE -O1)
  gtest_discover_tests(${name}_tests TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
                       WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTIES TIMEOUT 300)
endfunction()
