"""The parameters of rules. Made by `make docs`; do not edit."""
import re
REGEX_PATTERNS = {'^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)': re.compile('^[A-Za-z0-9.^=_&-]{1,20}\\Z(?!\\n)')}
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['tree']) - data.keys()
        if data__missing_keys:
            raise ValueError
        data_keys = set(data.keys())
        if 'tree' in data_keys:
            data_keys.remove('tree')
            data__tree = data['tree']
            validate___definitions_node(data__tree)
        if 'definitions' in data_keys:
            data_keys.remove('definitions')
            data__definitions = data['definitions']
            if not isinstance(data__definitions, dict):
                raise ValueError
            data__definitions_is_dict = isinstance(data__definitions, dict)
            if data__definitions_is_dict:
                data__definitions_len = len(data__definitions)
                if data__definitions_len > 5000:
                    raise ValueError
                data__definitions_keys = set(data__definitions.keys())
                for data__definitions_key in data__definitions_keys:
                    if data__definitions_key not in []:
                        data__definitions_value = data__definitions.get(data__definitions_key)
                        validate___definitions_node(data__definitions_value)
                if data__definitions_len != 0:
                    data__definitions_property_names = True
                    for data__definitions_key in data__definitions:
                        try:
                            if not isinstance(data__definitions_key, str):
                                raise ValueError
                            if isinstance(data__definitions_key, str):
                                data__definitions_key_len = len(data__definitions_key)
                                if data__definitions_key_len < 1:
                                    raise ValueError
                                if data__definitions_key_len > 80:
                                    raise ValueError
                        except ValueError:
                            data__definitions_property_names = False
                    if not data__definitions_property_names:
                        raise ValueError
        if 'when_unknown' in data_keys:
            data_keys.remove('when_unknown')
            data__whenunknown = data['when_unknown']
            if not isinstance(data__whenunknown, str):
                raise ValueError
            if not (isinstance(data__whenunknown, str) and data__whenunknown == 'allocations' or (isinstance(data__whenunknown, str) and data__whenunknown == 'cash') or (isinstance(data__whenunknown, str) and data__whenunknown == 'else')):
                raise ValueError
        if 'rebalance_frequency' in data_keys:
            data_keys.remove('rebalance_frequency')
            data__rebalancefrequency = data['rebalance_frequency']
            if not isinstance(data__rebalancefrequency, str):
                raise ValueError
            if not (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'never' or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'daily') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'weekly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'monthly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'quarterly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'semiannually') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'annually')):
                raise ValueError
        if data_keys:
            raise ValueError
    return data
def validate___definitions_node(data):
    data_one_of_count1 = 0
    if data_one_of_count1 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['hold']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'hold' in data_keys:
                    data_keys.remove('hold')
                    data__hold = data['hold']
                    if not isinstance(data__hold, str):
                        raise ValueError
                    if isinstance(data__hold, str):
                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__hold):
                            raise ValueError
                if 'name' in data_keys:
                    data_keys.remove('name')
                    data__name = data['name']
                    if not isinstance(data__name, str):
                        raise ValueError
                    if isinstance(data__name, str):
                        data__name_len = len(data__name)
                        if data__name_len < 1:
                            raise ValueError
                        if data__name_len > 80:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count1 += 1
        except ValueError:
            pass
    if data_one_of_count1 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['cash']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'cash' in data_keys:
                    data_keys.remove('cash')
                    data__cash = data['cash']
                    if not isinstance(data__cash, bool):
                        raise ValueError
                    if not (isinstance(data__cash, bool) and data__cash is True):
                        raise ValueError
                if 'name' in data_keys:
                    data_keys.remove('name')
                    data__name = data['name']
                    if not isinstance(data__name, str):
                        raise ValueError
                    if isinstance(data__name, str):
                        data__name_len = len(data__name)
                        if data__name_len < 1:
                            raise ValueError
                        if data__name_len > 80:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count1 += 1
        except ValueError:
            pass
    if data_one_of_count1 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['if', 'then', 'else']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'if' in data_keys:
                    data_keys.remove('if')
                    data__if = data['if']
                    validate___definitions_condition(data__if)
                if 'then' in data_keys:
                    data_keys.remove('then')
                    data__then = data['then']
                    validate___definitions_node(data__then)
                if 'else' in data_keys:
                    data_keys.remove('else')
                    data__else = data['else']
                    validate___definitions_node(data__else)
                if 'name' in data_keys:
                    data_keys.remove('name')
                    data__name = data['name']
                    if not isinstance(data__name, str):
                        raise ValueError
                    if isinstance(data__name, str):
                        data__name_len = len(data__name)
                        if data__name_len < 1:
                            raise ValueError
                        if data__name_len > 80:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count1 += 1
        except ValueError:
            pass
    if data_one_of_count1 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['cases', 'else']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'cases' in data_keys:
                    data_keys.remove('cases')
                    data__cases = data['cases']
                    if not isinstance(data__cases, (list,)):
                        raise ValueError
                    data__cases_is_list = isinstance(data__cases, (list,))
                    if data__cases_is_list:
                        data__cases_len = len(data__cases)
                        if data__cases_len < 1:
                            raise ValueError
                        if data__cases_len > 500:
                            raise ValueError
                        for data__cases_x, data__cases_item in enumerate(data__cases):
                            if not isinstance(data__cases_item, dict):
                                raise ValueError
                            data__cases_item_is_dict = isinstance(data__cases_item, dict)
                            if data__cases_item_is_dict:
                                data__cases_item__missing_keys = set(['if', 'then']) - data__cases_item.keys()
                                if data__cases_item__missing_keys:
                                    raise ValueError
                                data__cases_item_keys = set(data__cases_item.keys())
                                if 'if' in data__cases_item_keys:
                                    data__cases_item_keys.remove('if')
                                    data__cases_item__if = data__cases_item['if']
                                    validate___definitions_condition(data__cases_item__if)
                                if 'then' in data__cases_item_keys:
                                    data__cases_item_keys.remove('then')
                                    data__cases_item__then = data__cases_item['then']
                                    validate___definitions_node(data__cases_item__then)
                                if data__cases_item_keys:
                                    raise ValueError
                if 'else' in data_keys:
                    data_keys.remove('else')
                    data__else = data['else']
                    validate___definitions_node(data__else)
                if 'name' in data_keys:
                    data_keys.remove('name')
                    data__name = data['name']
                    if not isinstance(data__name, str):
                        raise ValueError
                    if isinstance(data__name, str):
                        data__name_len = len(data__name)
                        if data__name_len < 1:
                            raise ValueError
                        if data__name_len > 80:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count1 += 1
        except ValueError:
            pass
    if data_one_of_count1 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['pick', 'of']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'pick' in data_keys:
                    data_keys.remove('pick')
                    data__pick = data['pick']
                    if not isinstance(data__pick, dict):
                        raise ValueError
                    data__pick_is_dict = isinstance(data__pick, dict)
                    if data__pick_is_dict:
                        data__pick__missing_keys = set(['by', 'order', 'count']) - data__pick.keys()
                        if data__pick__missing_keys:
                            raise ValueError
                        data__pick_keys = set(data__pick.keys())
                        if 'by' in data__pick_keys:
                            data__pick_keys.remove('by')
                            data__pick__by = data__pick['by']
                            if not isinstance(data__pick__by, dict):
                                raise ValueError
                            data__pick__by_is_dict = isinstance(data__pick__by, dict)
                            if data__pick__by_is_dict:
                                data__pick__by__missing_keys = set(['indicator', 'window']) - data__pick__by.keys()
                                if data__pick__by__missing_keys:
                                    raise ValueError
                                data__pick__by_keys = set(data__pick__by.keys())
                                if 'indicator' in data__pick__by_keys:
                                    data__pick__by_keys.remove('indicator')
                                    data__pick__by__indicator = data__pick__by['indicator']
                                    if not isinstance(data__pick__by__indicator, str):
                                        raise ValueError
                                    if not (isinstance(data__pick__by__indicator, str) and data__pick__by__indicator == 'return' or (isinstance(data__pick__by__indicator, str) and data__pick__by__indicator == 'average_return') or (isinstance(data__pick__by__indicator, str) and data__pick__by__indicator == 'volatility') or (isinstance(data__pick__by__indicator, str) and data__pick__by__indicator == 'fall_from_high') or (isinstance(data__pick__by__indicator, str) and data__pick__by__indicator == 'rsi') or (isinstance(data__pick__by__indicator, str) and data__pick__by__indicator == 'z_score') or (isinstance(data__pick__by__indicator, str) and data__pick__by__indicator == 'percentile_rank')):
                                        raise ValueError
                                if 'window' in data__pick__by_keys:
                                    data__pick__by_keys.remove('window')
                                    data__pick__by__window = data__pick__by['window']
                                    if not isinstance(data__pick__by__window, int) and (not (isinstance(data__pick__by__window, float) and data__pick__by__window.is_integer())) or isinstance(data__pick__by__window, bool):
                                        raise ValueError
                                    if isinstance(data__pick__by__window, (int, float)) and (not isinstance(data__pick__by__window, bool)):
                                        if data__pick__by__window < 1:
                                            raise ValueError
                                        if data__pick__by__window > 5000:
                                            raise ValueError
                                if data__pick__by_keys:
                                    raise ValueError
                        if 'order' in data__pick_keys:
                            data__pick_keys.remove('order')
                            data__pick__order = data__pick['order']
                            if not isinstance(data__pick__order, str):
                                raise ValueError
                            if not (isinstance(data__pick__order, str) and data__pick__order == 'highest' or (isinstance(data__pick__order, str) and data__pick__order == 'lowest')):
                                raise ValueError
                        if 'count' in data__pick_keys:
                            data__pick_keys.remove('count')
                            data__pick__count = data__pick['count']
                            if not isinstance(data__pick__count, int) and (not (isinstance(data__pick__count, float) and data__pick__count.is_integer())) or isinstance(data__pick__count, bool):
                                raise ValueError
                            if isinstance(data__pick__count, (int, float)) and (not isinstance(data__pick__count, bool)):
                                if data__pick__count < 1:
                                    raise ValueError
                                if data__pick__count > 500:
                                    raise ValueError
                        if data__pick_keys:
                            raise ValueError
                if 'of' in data_keys:
                    data_keys.remove('of')
                    data__of = data['of']
                    if not isinstance(data__of, (list,)):
                        raise ValueError
                    data__of_is_list = isinstance(data__of, (list,))
                    if data__of_is_list:
                        data__of_len = len(data__of)
                        if data__of_len < 1:
                            raise ValueError
                        if data__of_len > 500:
                            raise ValueError
                        for data__of_x, data__of_item in enumerate(data__of):
                            validate___definitions_node(data__of_item)
                if 'weigh' in data_keys:
                    data_keys.remove('weigh')
                    data__weigh = data['weigh']
                    if not isinstance(data__weigh, str):
                        raise ValueError
                    if not (isinstance(data__weigh, str) and data__weigh == 'equal' or (isinstance(data__weigh, str) and data__weigh == 'inverse_volatility')):
                        raise ValueError
                if 'window' in data_keys:
                    data_keys.remove('window')
                    data__window = data['window']
                    if not isinstance(data__window, int) and (not (isinstance(data__window, float) and data__window.is_integer())) or isinstance(data__window, bool):
                        raise ValueError
                    if isinstance(data__window, (int, float)) and (not isinstance(data__window, bool)):
                        if data__window < 2:
                            raise ValueError
                        if data__window > 5000:
                            raise ValueError
                if 'name' in data_keys:
                    data_keys.remove('name')
                    data__name = data['name']
                    if not isinstance(data__name, str):
                        raise ValueError
                    if isinstance(data__name, str):
                        data__name_len = len(data__name)
                        if data__name_len < 1:
                            raise ValueError
                        if data__name_len > 80:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count1 += 1
        except ValueError:
            pass
    if data_one_of_count1 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    data__missing_keys = set(['pick']) - data.keys()
                    if data__missing_keys:
                        raise ValueError
            except ValueError:
                pass
            else:
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['weigh', 'of']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'weigh' in data_keys:
                    data_keys.remove('weigh')
                    data__weigh = data['weigh']
                    if not isinstance(data__weigh, str):
                        raise ValueError
                    if not (isinstance(data__weigh, str) and data__weigh == 'equal' or (isinstance(data__weigh, str) and data__weigh == 'specified') or (isinstance(data__weigh, str) and data__weigh == 'inverse_volatility')):
                        raise ValueError
                if 'of' in data_keys:
                    data_keys.remove('of')
                    data__of = data['of']
                    if not isinstance(data__of, (list,)):
                        raise ValueError
                    data__of_is_list = isinstance(data__of, (list,))
                    if data__of_is_list:
                        data__of_len = len(data__of)
                        if data__of_len < 1:
                            raise ValueError
                        if data__of_len > 500:
                            raise ValueError
                        for data__of_x, data__of_item in enumerate(data__of):
                            validate___definitions_node(data__of_item)
                if 'weights' in data_keys:
                    data_keys.remove('weights')
                    data__weights = data['weights']
                    if not isinstance(data__weights, (list,)):
                        raise ValueError
                    data__weights_is_list = isinstance(data__weights, (list,))
                    if data__weights_is_list:
                        data__weights_len = len(data__weights)
                        if data__weights_len < 1:
                            raise ValueError
                        if data__weights_len > 500:
                            raise ValueError
                        for data__weights_x, data__weights_item in enumerate(data__weights):
                            if not isinstance(data__weights_item, (int, float)) or isinstance(data__weights_item, bool):
                                raise ValueError
                            if isinstance(data__weights_item, (int, float)) and (not isinstance(data__weights_item, bool)):
                                if data__weights_item < 0:
                                    raise ValueError
                                if data__weights_item > 1:
                                    raise ValueError
                if 'window' in data_keys:
                    data_keys.remove('window')
                    data__window = data['window']
                    if not isinstance(data__window, int) and (not (isinstance(data__window, float) and data__window.is_integer())) or isinstance(data__window, bool):
                        raise ValueError
                    if isinstance(data__window, (int, float)) and (not isinstance(data__window, bool)):
                        if data__window < 2:
                            raise ValueError
                        if data__window > 5000:
                            raise ValueError
                if 'name' in data_keys:
                    data_keys.remove('name')
                    data__name = data['name']
                    if not isinstance(data__name, str):
                        raise ValueError
                    if isinstance(data__name, str):
                        data__name_len = len(data__name)
                        if data__name_len < 1:
                            raise ValueError
                        if data__name_len > 80:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count1 += 1
        except ValueError:
            pass
    if data_one_of_count1 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['use']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'use' in data_keys:
                    data_keys.remove('use')
                    data__use = data['use']
                    if not isinstance(data__use, str):
                        raise ValueError
                    if isinstance(data__use, str):
                        data__use_len = len(data__use)
                        if data__use_len < 1:
                            raise ValueError
                        if data__use_len > 80:
                            raise ValueError
                if 'name' in data_keys:
                    data_keys.remove('name')
                    data__name = data['name']
                    if not isinstance(data__name, str):
                        raise ValueError
                    if isinstance(data__name, str):
                        data__name_len = len(data__name)
                        if data__name_len < 1:
                            raise ValueError
                        if data__name_len > 80:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count1 += 1
        except ValueError:
            pass
    if data_one_of_count1 != 1:
        raise ValueError
    return data
def validate___definitions_condition(data):
    data_one_of_count2 = 0
    if data_one_of_count2 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['all']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'all' in data_keys:
                    data_keys.remove('all')
                    data__all = data['all']
                    if not isinstance(data__all, (list,)):
                        raise ValueError
                    data__all_is_list = isinstance(data__all, (list,))
                    if data__all_is_list:
                        data__all_len = len(data__all)
                        if data__all_len < 1:
                            raise ValueError
                        if data__all_len > 500:
                            raise ValueError
                        for data__all_x, data__all_item in enumerate(data__all):
                            validate___definitions_condition(data__all_item)
                if data_keys:
                    raise ValueError
            data_one_of_count2 += 1
        except ValueError:
            pass
    if data_one_of_count2 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['any']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'any' in data_keys:
                    data_keys.remove('any')
                    data__any = data['any']
                    if not isinstance(data__any, (list,)):
                        raise ValueError
                    data__any_is_list = isinstance(data__any, (list,))
                    if data__any_is_list:
                        data__any_len = len(data__any)
                        if data__any_len < 1:
                            raise ValueError
                        if data__any_len > 500:
                            raise ValueError
                        for data__any_x, data__any_item in enumerate(data__any):
                            validate___definitions_condition(data__any_item)
                if data_keys:
                    raise ValueError
            data_one_of_count2 += 1
        except ValueError:
            pass
    if data_one_of_count2 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['not']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'not' in data_keys:
                    data_keys.remove('not')
                    data__not = data['not']
                    validate___definitions_condition(data__not)
                if data_keys:
                    raise ValueError
            data_one_of_count2 += 1
        except ValueError:
            pass
    if data_one_of_count2 < 2:
        try:
            if not isinstance(data, dict):
                raise ValueError
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['left', 'is', 'right']) - data.keys()
                if data__missing_keys:
                    raise ValueError
                data_keys = set(data.keys())
                if 'left' in data_keys:
                    data_keys.remove('left')
                    data__left = data['left']
                    data__left_one_of_count3 = 0
                    if data__left_one_of_count3 < 2:
                        try:
                            if not isinstance(data__left, (int, float)) or isinstance(data__left, bool):
                                raise ValueError
                            if isinstance(data__left, (int, float)) and (not isinstance(data__left, bool)):
                                if data__left < -1000000000.0:
                                    raise ValueError
                                if data__left > 1000000000.0:
                                    raise ValueError
                            data__left_one_of_count3 += 1
                        except ValueError:
                            pass
                    if data__left_one_of_count3 < 2:
                        try:
                            if not isinstance(data__left, dict):
                                raise ValueError
                            data__left_is_dict = isinstance(data__left, dict)
                            if data__left_is_dict:
                                data__left__missing_keys = set(['indicator', 'symbol', 'window']) - data__left.keys()
                                if data__left__missing_keys:
                                    raise ValueError
                                data__left_keys = set(data__left.keys())
                                if 'indicator' in data__left_keys:
                                    data__left_keys.remove('indicator')
                                    data__left__indicator = data__left['indicator']
                                    if not isinstance(data__left__indicator, str):
                                        raise ValueError
                                    if not (isinstance(data__left__indicator, str) and data__left__indicator == 'return' or (isinstance(data__left__indicator, str) and data__left__indicator == 'average') or (isinstance(data__left__indicator, str) and data__left__indicator == 'exponential_average') or (isinstance(data__left__indicator, str) and data__left__indicator == 'average_return') or (isinstance(data__left__indicator, str) and data__left__indicator == 'volatility') or (isinstance(data__left__indicator, str) and data__left__indicator == 'deviation_of_price') or (isinstance(data__left__indicator, str) and data__left__indicator == 'fall_from_high') or (isinstance(data__left__indicator, str) and data__left__indicator == 'rsi') or (isinstance(data__left__indicator, str) and data__left__indicator == 'z_score') or (isinstance(data__left__indicator, str) and data__left__indicator == 'percentile_rank')):
                                        raise ValueError
                                if 'symbol' in data__left_keys:
                                    data__left_keys.remove('symbol')
                                    data__left__symbol = data__left['symbol']
                                    if not isinstance(data__left__symbol, str):
                                        raise ValueError
                                    if isinstance(data__left__symbol, str):
                                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__left__symbol):
                                            raise ValueError
                                if 'window' in data__left_keys:
                                    data__left_keys.remove('window')
                                    data__left__window = data__left['window']
                                    if not isinstance(data__left__window, int) and (not (isinstance(data__left__window, float) and data__left__window.is_integer())) or isinstance(data__left__window, bool):
                                        raise ValueError
                                    if isinstance(data__left__window, (int, float)) and (not isinstance(data__left__window, bool)):
                                        if data__left__window < 1:
                                            raise ValueError
                                        if data__left__window > 5000:
                                            raise ValueError
                                if data__left_keys:
                                    raise ValueError
                            data__left_one_of_count3 += 1
                        except ValueError:
                            pass
                    if data__left_one_of_count3 < 2:
                        try:
                            if not isinstance(data__left, dict):
                                raise ValueError
                            data__left_is_dict = isinstance(data__left, dict)
                            if data__left_is_dict:
                                data__left__missing_keys = set(['indicator', 'symbol']) - data__left.keys()
                                if data__left__missing_keys:
                                    raise ValueError
                                data__left_keys = set(data__left.keys())
                                if 'indicator' in data__left_keys:
                                    data__left_keys.remove('indicator')
                                    data__left__indicator = data__left['indicator']
                                    if not isinstance(data__left__indicator, str):
                                        raise ValueError
                                    if not (isinstance(data__left__indicator, str) and data__left__indicator == 'price'):
                                        raise ValueError
                                if 'symbol' in data__left_keys:
                                    data__left_keys.remove('symbol')
                                    data__left__symbol = data__left['symbol']
                                    if not isinstance(data__left__symbol, str):
                                        raise ValueError
                                    if isinstance(data__left__symbol, str):
                                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__left__symbol):
                                            raise ValueError
                                if 'window' in data__left_keys:
                                    data__left_keys.remove('window')
                                    data__left__window = data__left['window']
                                    if not isinstance(data__left__window, int) and (not (isinstance(data__left__window, float) and data__left__window.is_integer())) or isinstance(data__left__window, bool):
                                        raise ValueError
                                    if not (isinstance(data__left__window, (int, float)) and (not isinstance(data__left__window, bool)) and (data__left__window == 1)):
                                        raise ValueError
                                if data__left_keys:
                                    raise ValueError
                            data__left_one_of_count3 += 1
                        except ValueError:
                            pass
                    if data__left_one_of_count3 < 2:
                        try:
                            if not isinstance(data__left, dict):
                                raise ValueError
                            data__left_is_dict = isinstance(data__left, dict)
                            if data__left_is_dict:
                                data__left__missing_keys = set(['indicator', 'symbol', 'window']) - data__left.keys()
                                if data__left__missing_keys:
                                    raise ValueError
                                data__left_keys = set(data__left.keys())
                                if 'indicator' in data__left_keys:
                                    data__left_keys.remove('indicator')
                                    data__left__indicator = data__left['indicator']
                                    if not isinstance(data__left__indicator, str):
                                        raise ValueError
                                    if not (isinstance(data__left__indicator, str) and data__left__indicator == 'macd'):
                                        raise ValueError
                                if 'symbol' in data__left_keys:
                                    data__left_keys.remove('symbol')
                                    data__left__symbol = data__left['symbol']
                                    if not isinstance(data__left__symbol, str):
                                        raise ValueError
                                    if isinstance(data__left__symbol, str):
                                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__left__symbol):
                                            raise ValueError
                                if 'window' in data__left_keys:
                                    data__left_keys.remove('window')
                                    data__left__window = data__left['window']
                                    if not isinstance(data__left__window, (list,)):
                                        raise ValueError
                                    data__left__window_is_list = isinstance(data__left__window, (list,))
                                    if data__left__window_is_list:
                                        data__left__window_len = len(data__left__window)
                                        if data__left__window_len < 2:
                                            raise ValueError
                                        if data__left__window_len > 2:
                                            raise ValueError
                                        for data__left__window_x, data__left__window_item in enumerate(data__left__window):
                                            if not isinstance(data__left__window_item, int) and (not (isinstance(data__left__window_item, float) and data__left__window_item.is_integer())) or isinstance(data__left__window_item, bool):
                                                raise ValueError
                                            if isinstance(data__left__window_item, (int, float)) and (not isinstance(data__left__window_item, bool)):
                                                if data__left__window_item < 1:
                                                    raise ValueError
                                                if data__left__window_item > 5000:
                                                    raise ValueError
                                if data__left_keys:
                                    raise ValueError
                            data__left_one_of_count3 += 1
                        except ValueError:
                            pass
                    if data__left_one_of_count3 != 1:
                        raise ValueError
                if 'is' in data_keys:
                    data_keys.remove('is')
                    data__is = data['is']
                    if not isinstance(data__is, str):
                        raise ValueError
                    if not (isinstance(data__is, str) and data__is == 'above' or (isinstance(data__is, str) and data__is == 'below') or (isinstance(data__is, str) and data__is == 'at_least') or (isinstance(data__is, str) and data__is == 'at_most')):
                        raise ValueError
                if 'right' in data_keys:
                    data_keys.remove('right')
                    data__right = data['right']
                    data__right_one_of_count4 = 0
                    if data__right_one_of_count4 < 2:
                        try:
                            if not isinstance(data__right, (int, float)) or isinstance(data__right, bool):
                                raise ValueError
                            if isinstance(data__right, (int, float)) and (not isinstance(data__right, bool)):
                                if data__right < -1000000000.0:
                                    raise ValueError
                                if data__right > 1000000000.0:
                                    raise ValueError
                            data__right_one_of_count4 += 1
                        except ValueError:
                            pass
                    if data__right_one_of_count4 < 2:
                        try:
                            if not isinstance(data__right, dict):
                                raise ValueError
                            data__right_is_dict = isinstance(data__right, dict)
                            if data__right_is_dict:
                                data__right__missing_keys = set(['indicator', 'symbol', 'window']) - data__right.keys()
                                if data__right__missing_keys:
                                    raise ValueError
                                data__right_keys = set(data__right.keys())
                                if 'indicator' in data__right_keys:
                                    data__right_keys.remove('indicator')
                                    data__right__indicator = data__right['indicator']
                                    if not isinstance(data__right__indicator, str):
                                        raise ValueError
                                    if not (isinstance(data__right__indicator, str) and data__right__indicator == 'return' or (isinstance(data__right__indicator, str) and data__right__indicator == 'average') or (isinstance(data__right__indicator, str) and data__right__indicator == 'exponential_average') or (isinstance(data__right__indicator, str) and data__right__indicator == 'average_return') or (isinstance(data__right__indicator, str) and data__right__indicator == 'volatility') or (isinstance(data__right__indicator, str) and data__right__indicator == 'deviation_of_price') or (isinstance(data__right__indicator, str) and data__right__indicator == 'fall_from_high') or (isinstance(data__right__indicator, str) and data__right__indicator == 'rsi') or (isinstance(data__right__indicator, str) and data__right__indicator == 'z_score') or (isinstance(data__right__indicator, str) and data__right__indicator == 'percentile_rank')):
                                        raise ValueError
                                if 'symbol' in data__right_keys:
                                    data__right_keys.remove('symbol')
                                    data__right__symbol = data__right['symbol']
                                    if not isinstance(data__right__symbol, str):
                                        raise ValueError
                                    if isinstance(data__right__symbol, str):
                                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__right__symbol):
                                            raise ValueError
                                if 'window' in data__right_keys:
                                    data__right_keys.remove('window')
                                    data__right__window = data__right['window']
                                    if not isinstance(data__right__window, int) and (not (isinstance(data__right__window, float) and data__right__window.is_integer())) or isinstance(data__right__window, bool):
                                        raise ValueError
                                    if isinstance(data__right__window, (int, float)) and (not isinstance(data__right__window, bool)):
                                        if data__right__window < 1:
                                            raise ValueError
                                        if data__right__window > 5000:
                                            raise ValueError
                                if data__right_keys:
                                    raise ValueError
                            data__right_one_of_count4 += 1
                        except ValueError:
                            pass
                    if data__right_one_of_count4 < 2:
                        try:
                            if not isinstance(data__right, dict):
                                raise ValueError
                            data__right_is_dict = isinstance(data__right, dict)
                            if data__right_is_dict:
                                data__right__missing_keys = set(['indicator', 'symbol']) - data__right.keys()
                                if data__right__missing_keys:
                                    raise ValueError
                                data__right_keys = set(data__right.keys())
                                if 'indicator' in data__right_keys:
                                    data__right_keys.remove('indicator')
                                    data__right__indicator = data__right['indicator']
                                    if not isinstance(data__right__indicator, str):
                                        raise ValueError
                                    if not (isinstance(data__right__indicator, str) and data__right__indicator == 'price'):
                                        raise ValueError
                                if 'symbol' in data__right_keys:
                                    data__right_keys.remove('symbol')
                                    data__right__symbol = data__right['symbol']
                                    if not isinstance(data__right__symbol, str):
                                        raise ValueError
                                    if isinstance(data__right__symbol, str):
                                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__right__symbol):
                                            raise ValueError
                                if 'window' in data__right_keys:
                                    data__right_keys.remove('window')
                                    data__right__window = data__right['window']
                                    if not isinstance(data__right__window, int) and (not (isinstance(data__right__window, float) and data__right__window.is_integer())) or isinstance(data__right__window, bool):
                                        raise ValueError
                                    if not (isinstance(data__right__window, (int, float)) and (not isinstance(data__right__window, bool)) and (data__right__window == 1)):
                                        raise ValueError
                                if data__right_keys:
                                    raise ValueError
                            data__right_one_of_count4 += 1
                        except ValueError:
                            pass
                    if data__right_one_of_count4 < 2:
                        try:
                            if not isinstance(data__right, dict):
                                raise ValueError
                            data__right_is_dict = isinstance(data__right, dict)
                            if data__right_is_dict:
                                data__right__missing_keys = set(['indicator', 'symbol', 'window']) - data__right.keys()
                                if data__right__missing_keys:
                                    raise ValueError
                                data__right_keys = set(data__right.keys())
                                if 'indicator' in data__right_keys:
                                    data__right_keys.remove('indicator')
                                    data__right__indicator = data__right['indicator']
                                    if not isinstance(data__right__indicator, str):
                                        raise ValueError
                                    if not (isinstance(data__right__indicator, str) and data__right__indicator == 'macd'):
                                        raise ValueError
                                if 'symbol' in data__right_keys:
                                    data__right_keys.remove('symbol')
                                    data__right__symbol = data__right['symbol']
                                    if not isinstance(data__right__symbol, str):
                                        raise ValueError
                                    if isinstance(data__right__symbol, str):
                                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__right__symbol):
                                            raise ValueError
                                if 'window' in data__right_keys:
                                    data__right_keys.remove('window')
                                    data__right__window = data__right['window']
                                    if not isinstance(data__right__window, (list,)):
                                        raise ValueError
                                    data__right__window_is_list = isinstance(data__right__window, (list,))
                                    if data__right__window_is_list:
                                        data__right__window_len = len(data__right__window)
                                        if data__right__window_len < 2:
                                            raise ValueError
                                        if data__right__window_len > 2:
                                            raise ValueError
                                        for data__right__window_x, data__right__window_item in enumerate(data__right__window):
                                            if not isinstance(data__right__window_item, int) and (not (isinstance(data__right__window_item, float) and data__right__window_item.is_integer())) or isinstance(data__right__window_item, bool):
                                                raise ValueError
                                            if isinstance(data__right__window_item, (int, float)) and (not isinstance(data__right__window_item, bool)):
                                                if data__right__window_item < 1:
                                                    raise ValueError
                                                if data__right__window_item > 5000:
                                                    raise ValueError
                                if data__right_keys:
                                    raise ValueError
                            data__right_one_of_count4 += 1
                        except ValueError:
                            pass
                    if data__right_one_of_count4 != 1:
                        raise ValueError
                if 'for_sessions' in data_keys:
                    data_keys.remove('for_sessions')
                    data__forsessions = data['for_sessions']
                    if not isinstance(data__forsessions, int) and (not (isinstance(data__forsessions, float) and data__forsessions.is_integer())) or isinstance(data__forsessions, bool):
                        raise ValueError
                    if isinstance(data__forsessions, (int, float)) and (not isinstance(data__forsessions, bool)):
                        if data__forsessions < 1:
                            raise ValueError
                        if data__forsessions > 5000:
                            raise ValueError
                if 'tolerance' in data_keys:
                    data_keys.remove('tolerance')
                    data__tolerance = data['tolerance']
                    if not isinstance(data__tolerance, (int, float)) or isinstance(data__tolerance, bool):
                        raise ValueError
                    if isinstance(data__tolerance, (int, float)) and (not isinstance(data__tolerance, bool)):
                        if data__tolerance < 0:
                            raise ValueError
                        if data__tolerance > 1:
                            raise ValueError
                if 'tolerance_absolute' in data_keys:
                    data_keys.remove('tolerance_absolute')
                    data__toleranceabsolute = data['tolerance_absolute']
                    if not isinstance(data__toleranceabsolute, (int, float)) or isinstance(data__toleranceabsolute, bool):
                        raise ValueError
                    if isinstance(data__toleranceabsolute, (int, float)) and (not isinstance(data__toleranceabsolute, bool)):
                        if data__toleranceabsolute < 0:
                            raise ValueError
                        if data__toleranceabsolute > 1000000.0:
                            raise ValueError
                if data_keys:
                    raise ValueError
            data_one_of_count2 += 1
        except ValueError:
            pass
    if data_one_of_count2 != 1:
        raise ValueError
    return data
