// Upper, lower and title case for any script, as Python's str methods give them.
#pragma once

#include <string>
#include <string_view>

namespace engine::jinja {

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
/// First character in title case, the rest in lower case.
std::string to_capitalized(std::string_view text);
/// Every run of letters capitalized.
std::string to_title(std::string_view text);

bool is_alphabetic(char32_t code_point);
bool is_decimal_digit(char32_t code_point);
bool is_upper(char32_t code_point);
bool is_lower(char32_t code_point);

}  // namespace engine::jinja
