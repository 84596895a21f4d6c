// The one translation unit that compiles Boost.JSON: nothing links libboost_json, so the plugin stays self-contained.
#include <boost/json/src.hpp>
