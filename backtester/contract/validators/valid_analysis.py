"""The analysis of a request. Made by `make docs`; do not edit."""
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_len = len(data)
        if data_len < 1:
            raise ValueError
        data_keys = set(data.keys())
        if 'sweep' in data_keys:
            data_keys.remove('sweep')
            data__sweep = data['sweep']
            if not isinstance(data__sweep, dict):
                raise ValueError
            data__sweep_is_dict = isinstance(data__sweep, dict)
            if data__sweep_is_dict:
                data__sweep__missing_keys = set(['over']) - data__sweep.keys()
                if data__sweep__missing_keys:
                    raise ValueError
                data__sweep_keys = set(data__sweep.keys())
                if 'over' in data__sweep_keys:
                    data__sweep_keys.remove('over')
                    data__sweep__over = data__sweep['over']
                    if not isinstance(data__sweep__over, dict):
                        raise ValueError
                    data__sweep__over_is_dict = isinstance(data__sweep__over, dict)
                    if data__sweep__over_is_dict:
                        data__sweep__over_len = len(data__sweep__over)
                        if data__sweep__over_len < 1:
                            raise ValueError
                        if data__sweep__over_len > 8:
                            raise ValueError
                        data__sweep__over_keys = set(data__sweep__over.keys())
                        for data__sweep__over_key in data__sweep__over_keys:
                            if data__sweep__over_key not in []:
                                data__sweep__over_value = data__sweep__over.get(data__sweep__over_key)
                                data__sweep__over_value_any_of_count1 = 0
                                if not data__sweep__over_value_any_of_count1:
                                    try:
                                        if not isinstance(data__sweep__over_value, (list,)):
                                            raise ValueError
                                        data__sweep__over_value_is_list = isinstance(data__sweep__over_value, (list,))
                                        if data__sweep__over_value_is_list:
                                            data__sweep__over_value_len = len(data__sweep__over_value)
                                            if data__sweep__over_value_len < 1:
                                                raise ValueError
                                            if data__sweep__over_value_len > 10000:
                                                raise ValueError

                                            def fn(var):
                                                return frozenset(dict(((k, fn(v)) for k, v in var.items())).items()) if hasattr(var, 'items') else tuple((fn(v) for v in var)) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                                            if data__sweep__over_value_len > len(set((fn(data__sweep__over_value_x) for data__sweep__over_value_x in data__sweep__over_value))):
                                                raise ValueError
                                            for data__sweep__over_value_x, data__sweep__over_value_item in enumerate(data__sweep__over_value):
                                                if not isinstance(data__sweep__over_value_item, (int, float, str, bool, NoneType)):
                                                    raise ValueError
                                        data__sweep__over_value_any_of_count1 += 1
                                    except ValueError:
                                        pass
                                if not data__sweep__over_value_any_of_count1:
                                    try:
                                        if not isinstance(data__sweep__over_value, dict):
                                            raise ValueError
                                        data__sweep__over_value_is_dict = isinstance(data__sweep__over_value, dict)
                                        if data__sweep__over_value_is_dict:
                                            data__sweep__over_value__missing_keys = set(['from', 'to', 'step']) - data__sweep__over_value.keys()
                                            if data__sweep__over_value__missing_keys:
                                                raise ValueError
                                            data__sweep__over_value_keys = set(data__sweep__over_value.keys())
                                            if 'from' in data__sweep__over_value_keys:
                                                data__sweep__over_value_keys.remove('from')
                                                data__sweep__over_value__from = data__sweep__over_value['from']
                                                if not isinstance(data__sweep__over_value__from, (int, float)) or isinstance(data__sweep__over_value__from, bool):
                                                    raise ValueError
                                            if 'to' in data__sweep__over_value_keys:
                                                data__sweep__over_value_keys.remove('to')
                                                data__sweep__over_value__to = data__sweep__over_value['to']
                                                if not isinstance(data__sweep__over_value__to, (int, float)) or isinstance(data__sweep__over_value__to, bool):
                                                    raise ValueError
                                            if 'step' in data__sweep__over_value_keys:
                                                data__sweep__over_value_keys.remove('step')
                                                data__sweep__over_value__step = data__sweep__over_value['step']
                                                if not isinstance(data__sweep__over_value__step, (int, float)) or isinstance(data__sweep__over_value__step, bool):
                                                    raise ValueError
                                                if isinstance(data__sweep__over_value__step, (int, float)) and (not isinstance(data__sweep__over_value__step, bool)):
                                                    if data__sweep__over_value__step <= 0:
                                                        raise ValueError
                                            if data__sweep__over_value_keys:
                                                raise ValueError
                                        data__sweep__over_value_any_of_count1 += 1
                                    except ValueError:
                                        pass
                                if not data__sweep__over_value_any_of_count1:
                                    raise ValueError
                if 'rank_by' in data__sweep_keys:
                    data__sweep_keys.remove('rank_by')
                    data__sweep__rankby = data__sweep['rank_by']
                    if not isinstance(data__sweep__rankby, str):
                        raise ValueError
                    if not (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'final_value' or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'total_return') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'cagr') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'sharpe_ratio') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'sortino_ratio') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'calmar_ratio') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'max_drawdown') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'var_95') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'cvar_95') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'win_rate') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'profit_factor') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'worst_day') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'omega_ratio') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'money_weighted_return') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'total_profit') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'alpha') or (isinstance(data__sweep__rankby, str) and data__sweep__rankby == 'information_ratio')):
                        raise ValueError
                if 'where' in data__sweep_keys:
                    data__sweep_keys.remove('where')
                    data__sweep__where = data__sweep['where']
                    if not isinstance(data__sweep__where, (list,)):
                        raise ValueError
                    data__sweep__where_is_list = isinstance(data__sweep__where, (list,))
                    if data__sweep__where_is_list:
                        data__sweep__where_len = len(data__sweep__where)
                        if data__sweep__where_len > 20:
                            raise ValueError
                        for data__sweep__where_x, data__sweep__where_item in enumerate(data__sweep__where):
                            if not isinstance(data__sweep__where_item, (list,)):
                                raise ValueError
                            data__sweep__where_item_is_list = isinstance(data__sweep__where_item, (list,))
                            if data__sweep__where_item_is_list:
                                data__sweep__where_item_len = len(data__sweep__where_item)
                                if data__sweep__where_item_len < 3:
                                    raise ValueError
                                if data__sweep__where_item_len > 3:
                                    raise ValueError
                                for data__sweep__where_item_x, data__sweep__where_item_item in enumerate(data__sweep__where_item):
                                    if not isinstance(data__sweep__where_item_item, str):
                                        raise ValueError
                if 'metrics' in data__sweep_keys:
                    data__sweep_keys.remove('metrics')
                    data__sweep__metrics = data__sweep['metrics']
                    if not isinstance(data__sweep__metrics, (list,)):
                        raise ValueError
                    data__sweep__metrics_is_list = isinstance(data__sweep__metrics, (list,))
                    if data__sweep__metrics_is_list:
                        data__sweep__metrics_len = len(data__sweep__metrics)
                        if data__sweep__metrics_len < 1:
                            raise ValueError
                        if data__sweep__metrics_len > 34:
                            raise ValueError

                        def fn(var):
                            return frozenset(dict(((k, fn(v)) for k, v in var.items())).items()) if hasattr(var, 'items') else tuple((fn(v) for v in var)) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                        if data__sweep__metrics_len > len(set((fn(data__sweep__metrics_x) for data__sweep__metrics_x in data__sweep__metrics))):
                            raise ValueError
                        for data__sweep__metrics_x, data__sweep__metrics_item in enumerate(data__sweep__metrics):
                            if not isinstance(data__sweep__metrics_item, str):
                                raise ValueError
                            if not (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'final_value' or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'total_return') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'cagr') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'annual_volatility') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'sharpe_ratio') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'sortino_ratio') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'calmar_ratio') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'max_drawdown') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'max_drawdown_days') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'var_95') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'cvar_95') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'win_rate') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'profit_factor') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'best_day') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'worst_day') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'skew') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'kurtosis') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'ulcer_index') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'omega_ratio') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'tail_ratio') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'turnover_per_year') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'total_costs') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'exposure') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'money_weighted_return') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'net_contributions') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'total_profit') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'dividend_income') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'interest_income') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'beta') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'alpha') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'tracking_error') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'information_ratio') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'up_capture') or (isinstance(data__sweep__metrics_item, str) and data__sweep__metrics_item == 'down_capture')):
                                raise ValueError
                if 'trials_before' in data__sweep_keys:
                    data__sweep_keys.remove('trials_before')
                    data__sweep__trialsbefore = data__sweep['trials_before']
                    if not isinstance(data__sweep__trialsbefore, int) and (not (isinstance(data__sweep__trialsbefore, float) and data__sweep__trialsbefore.is_integer())) or isinstance(data__sweep__trialsbefore, bool):
                        raise ValueError
                    if isinstance(data__sweep__trialsbefore, (int, float)) and (not isinstance(data__sweep__trialsbefore, bool)):
                        if data__sweep__trialsbefore < 0:
                            raise ValueError
                        if data__sweep__trialsbefore > 1000000000:
                            raise ValueError
                if 'blocks' in data__sweep_keys:
                    data__sweep_keys.remove('blocks')
                    data__sweep__blocks = data__sweep['blocks']
                    if not isinstance(data__sweep__blocks, int) and (not (isinstance(data__sweep__blocks, float) and data__sweep__blocks.is_integer())) or isinstance(data__sweep__blocks, bool):
                        raise ValueError
                    if not (isinstance(data__sweep__blocks, (int, float)) and (not isinstance(data__sweep__blocks, bool)) and (data__sweep__blocks == 4) or (isinstance(data__sweep__blocks, (int, float)) and (not isinstance(data__sweep__blocks, bool)) and (data__sweep__blocks == 6)) or (isinstance(data__sweep__blocks, (int, float)) and (not isinstance(data__sweep__blocks, bool)) and (data__sweep__blocks == 8)) or (isinstance(data__sweep__blocks, (int, float)) and (not isinstance(data__sweep__blocks, bool)) and (data__sweep__blocks == 10)) or (isinstance(data__sweep__blocks, (int, float)) and (not isinstance(data__sweep__blocks, bool)) and (data__sweep__blocks == 12)) or (isinstance(data__sweep__blocks, (int, float)) and (not isinstance(data__sweep__blocks, bool)) and (data__sweep__blocks == 14)) or (isinstance(data__sweep__blocks, (int, float)) and (not isinstance(data__sweep__blocks, bool)) and (data__sweep__blocks == 16))):
                        raise ValueError
                if data__sweep_keys:
                    raise ValueError
        if 'walk_forward' in data_keys:
            data_keys.remove('walk_forward')
            data__walkforward = data['walk_forward']
            if not isinstance(data__walkforward, dict):
                raise ValueError
            data__walkforward_is_dict = isinstance(data__walkforward, dict)
            if data__walkforward_is_dict:
                data__walkforward__missing_keys = set(['over']) - data__walkforward.keys()
                if data__walkforward__missing_keys:
                    raise ValueError
                data__walkforward_keys = set(data__walkforward.keys())
                if 'over' in data__walkforward_keys:
                    data__walkforward_keys.remove('over')
                    data__walkforward__over = data__walkforward['over']
                    if not isinstance(data__walkforward__over, dict):
                        raise ValueError
                    data__walkforward__over_is_dict = isinstance(data__walkforward__over, dict)
                    if data__walkforward__over_is_dict:
                        data__walkforward__over_len = len(data__walkforward__over)
                        if data__walkforward__over_len < 1:
                            raise ValueError
                        if data__walkforward__over_len > 8:
                            raise ValueError
                        data__walkforward__over_keys = set(data__walkforward__over.keys())
                        for data__walkforward__over_key in data__walkforward__over_keys:
                            if data__walkforward__over_key not in []:
                                data__walkforward__over_value = data__walkforward__over.get(data__walkforward__over_key)
                                data__walkforward__over_value_any_of_count2 = 0
                                if not data__walkforward__over_value_any_of_count2:
                                    try:
                                        if not isinstance(data__walkforward__over_value, (list,)):
                                            raise ValueError
                                        data__walkforward__over_value_is_list = isinstance(data__walkforward__over_value, (list,))
                                        if data__walkforward__over_value_is_list:
                                            data__walkforward__over_value_len = len(data__walkforward__over_value)
                                            if data__walkforward__over_value_len < 1:
                                                raise ValueError
                                            if data__walkforward__over_value_len > 10000:
                                                raise ValueError

                                            def fn(var):
                                                return frozenset(dict(((k, fn(v)) for k, v in var.items())).items()) if hasattr(var, 'items') else tuple((fn(v) for v in var)) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                                            if data__walkforward__over_value_len > len(set((fn(data__walkforward__over_value_x) for data__walkforward__over_value_x in data__walkforward__over_value))):
                                                raise ValueError
                                            for data__walkforward__over_value_x, data__walkforward__over_value_item in enumerate(data__walkforward__over_value):
                                                if not isinstance(data__walkforward__over_value_item, (int, float, str, bool, NoneType)):
                                                    raise ValueError
                                        data__walkforward__over_value_any_of_count2 += 1
                                    except ValueError:
                                        pass
                                if not data__walkforward__over_value_any_of_count2:
                                    try:
                                        if not isinstance(data__walkforward__over_value, dict):
                                            raise ValueError
                                        data__walkforward__over_value_is_dict = isinstance(data__walkforward__over_value, dict)
                                        if data__walkforward__over_value_is_dict:
                                            data__walkforward__over_value__missing_keys = set(['from', 'to', 'step']) - data__walkforward__over_value.keys()
                                            if data__walkforward__over_value__missing_keys:
                                                raise ValueError
                                            data__walkforward__over_value_keys = set(data__walkforward__over_value.keys())
                                            if 'from' in data__walkforward__over_value_keys:
                                                data__walkforward__over_value_keys.remove('from')
                                                data__walkforward__over_value__from = data__walkforward__over_value['from']
                                                if not isinstance(data__walkforward__over_value__from, (int, float)) or isinstance(data__walkforward__over_value__from, bool):
                                                    raise ValueError
                                            if 'to' in data__walkforward__over_value_keys:
                                                data__walkforward__over_value_keys.remove('to')
                                                data__walkforward__over_value__to = data__walkforward__over_value['to']
                                                if not isinstance(data__walkforward__over_value__to, (int, float)) or isinstance(data__walkforward__over_value__to, bool):
                                                    raise ValueError
                                            if 'step' in data__walkforward__over_value_keys:
                                                data__walkforward__over_value_keys.remove('step')
                                                data__walkforward__over_value__step = data__walkforward__over_value['step']
                                                if not isinstance(data__walkforward__over_value__step, (int, float)) or isinstance(data__walkforward__over_value__step, bool):
                                                    raise ValueError
                                                if isinstance(data__walkforward__over_value__step, (int, float)) and (not isinstance(data__walkforward__over_value__step, bool)):
                                                    if data__walkforward__over_value__step <= 0:
                                                        raise ValueError
                                            if data__walkforward__over_value_keys:
                                                raise ValueError
                                        data__walkforward__over_value_any_of_count2 += 1
                                    except ValueError:
                                        pass
                                if not data__walkforward__over_value_any_of_count2:
                                    raise ValueError
                if 'rank_by' in data__walkforward_keys:
                    data__walkforward_keys.remove('rank_by')
                    data__walkforward__rankby = data__walkforward['rank_by']
                    if not isinstance(data__walkforward__rankby, str):
                        raise ValueError
                    if not (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'final_value' or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'total_return') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'cagr') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'sharpe_ratio') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'sortino_ratio') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'calmar_ratio') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'max_drawdown') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'var_95') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'cvar_95') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'win_rate') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'profit_factor') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'worst_day') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'omega_ratio') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'money_weighted_return') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'total_profit') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'alpha') or (isinstance(data__walkforward__rankby, str) and data__walkforward__rankby == 'information_ratio')):
                        raise ValueError
                if 'where' in data__walkforward_keys:
                    data__walkforward_keys.remove('where')
                    data__walkforward__where = data__walkforward['where']
                    if not isinstance(data__walkforward__where, (list,)):
                        raise ValueError
                    data__walkforward__where_is_list = isinstance(data__walkforward__where, (list,))
                    if data__walkforward__where_is_list:
                        data__walkforward__where_len = len(data__walkforward__where)
                        if data__walkforward__where_len > 20:
                            raise ValueError
                        for data__walkforward__where_x, data__walkforward__where_item in enumerate(data__walkforward__where):
                            if not isinstance(data__walkforward__where_item, (list,)):
                                raise ValueError
                            data__walkforward__where_item_is_list = isinstance(data__walkforward__where_item, (list,))
                            if data__walkforward__where_item_is_list:
                                data__walkforward__where_item_len = len(data__walkforward__where_item)
                                if data__walkforward__where_item_len < 3:
                                    raise ValueError
                                if data__walkforward__where_item_len > 3:
                                    raise ValueError
                                for data__walkforward__where_item_x, data__walkforward__where_item_item in enumerate(data__walkforward__where_item):
                                    if not isinstance(data__walkforward__where_item_item, str):
                                        raise ValueError
                if 'train_months' in data__walkforward_keys:
                    data__walkforward_keys.remove('train_months')
                    data__walkforward__trainmonths = data__walkforward['train_months']
                    if not isinstance(data__walkforward__trainmonths, int) and (not (isinstance(data__walkforward__trainmonths, float) and data__walkforward__trainmonths.is_integer())) or isinstance(data__walkforward__trainmonths, bool):
                        raise ValueError
                    if isinstance(data__walkforward__trainmonths, (int, float)) and (not isinstance(data__walkforward__trainmonths, bool)):
                        if data__walkforward__trainmonths < 1:
                            raise ValueError
                        if data__walkforward__trainmonths > 600:
                            raise ValueError
                if 'test_months' in data__walkforward_keys:
                    data__walkforward_keys.remove('test_months')
                    data__walkforward__testmonths = data__walkforward['test_months']
                    if not isinstance(data__walkforward__testmonths, int) and (not (isinstance(data__walkforward__testmonths, float) and data__walkforward__testmonths.is_integer())) or isinstance(data__walkforward__testmonths, bool):
                        raise ValueError
                    if isinstance(data__walkforward__testmonths, (int, float)) and (not isinstance(data__walkforward__testmonths, bool)):
                        if data__walkforward__testmonths < 1:
                            raise ValueError
                        if data__walkforward__testmonths > 600:
                            raise ValueError
                if 'mode' in data__walkforward_keys:
                    data__walkforward_keys.remove('mode')
                    data__walkforward__mode = data__walkforward['mode']
                    if not isinstance(data__walkforward__mode, str):
                        raise ValueError
                    if not (isinstance(data__walkforward__mode, str) and data__walkforward__mode == 'rolling' or (isinstance(data__walkforward__mode, str) and data__walkforward__mode == 'anchored')):
                        raise ValueError
                if 'gap_sessions' in data__walkforward_keys:
                    data__walkforward_keys.remove('gap_sessions')
                    data__walkforward__gapsessions = data__walkforward['gap_sessions']
                    if not isinstance(data__walkforward__gapsessions, int) and (not (isinstance(data__walkforward__gapsessions, float) and data__walkforward__gapsessions.is_integer())) or isinstance(data__walkforward__gapsessions, bool):
                        raise ValueError
                    if isinstance(data__walkforward__gapsessions, (int, float)) and (not isinstance(data__walkforward__gapsessions, bool)):
                        if data__walkforward__gapsessions < 0:
                            raise ValueError
                        if data__walkforward__gapsessions > 250:
                            raise ValueError
                if data__walkforward_keys:
                    raise ValueError
        if 'trust' in data_keys:
            data_keys.remove('trust')
            data__trust = data['trust']
            if not isinstance(data__trust, dict):
                raise ValueError
            data__trust_is_dict = isinstance(data__trust, dict)
            if data__trust_is_dict:
                data__trust_keys = set(data__trust.keys())
                if 'include' in data__trust_keys:
                    data__trust_keys.remove('include')
                    data__trust__include = data__trust['include']
                    if not isinstance(data__trust__include, (list,)):
                        raise ValueError
                    data__trust__include_is_list = isinstance(data__trust__include, (list,))
                    if data__trust__include_is_list:
                        data__trust__include_len = len(data__trust__include)
                        if data__trust__include_len < 1:
                            raise ValueError
                        if data__trust__include_len > 8:
                            raise ValueError

                        def fn(var):
                            return frozenset(dict(((k, fn(v)) for k, v in var.items())).items()) if hasattr(var, 'items') else tuple((fn(v) for v in var)) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                        if data__trust__include_len > len(set((fn(data__trust__include_x) for data__trust__include_x in data__trust__include))):
                            raise ValueError
                        for data__trust__include_x, data__trust__include_item in enumerate(data__trust__include):
                            if not isinstance(data__trust__include_item, str):
                                raise ValueError
                            if not (isinstance(data__trust__include_item, str) and data__trust__include_item == 'timing_luck' or (isinstance(data__trust__include_item, str) and data__trust__include_item == 'lag') or (isinstance(data__trust__include_item, str) and data__trust__include_item == 'break_even') or (isinstance(data__trust__include_item, str) and data__trust__include_item == 'significance') or (isinstance(data__trust__include_item, str) and data__trust__include_item == 'bootstrap') or (isinstance(data__trust__include_item, str) and data__trust__include_item == 'start_dates') or (isinstance(data__trust__include_item, str) and data__trust__include_item == 'random') or (isinstance(data__trust__include_item, str) and data__trust__include_item == 'look_ahead')):
                                raise ValueError
                if 'trials' in data__trust_keys:
                    data__trust_keys.remove('trials')
                    data__trust__trials = data__trust['trials']
                    if not isinstance(data__trust__trials, int) and (not (isinstance(data__trust__trials, float) and data__trust__trials.is_integer())) or isinstance(data__trust__trials, bool):
                        raise ValueError
                    if isinstance(data__trust__trials, (int, float)) and (not isinstance(data__trust__trials, bool)):
                        if data__trust__trials < 1:
                            raise ValueError
                        if data__trust__trials > 1000000000:
                            raise ValueError
                if 'paths' in data__trust_keys:
                    data__trust_keys.remove('paths')
                    data__trust__paths = data__trust['paths']
                    if not isinstance(data__trust__paths, int) and (not (isinstance(data__trust__paths, float) and data__trust__paths.is_integer())) or isinstance(data__trust__paths, bool):
                        raise ValueError
                    if isinstance(data__trust__paths, (int, float)) and (not isinstance(data__trust__paths, bool)):
                        if data__trust__paths < 100:
                            raise ValueError
                        if data__trust__paths > 100000:
                            raise ValueError
                if 'confidence' in data__trust_keys:
                    data__trust_keys.remove('confidence')
                    data__trust__confidence = data__trust['confidence']
                    if not isinstance(data__trust__confidence, (int, float)) or isinstance(data__trust__confidence, bool):
                        raise ValueError
                    if isinstance(data__trust__confidence, (int, float)) and (not isinstance(data__trust__confidence, bool)):
                        if data__trust__confidence < 0.5:
                            raise ValueError
                        if data__trust__confidence > 0.999:
                            raise ValueError
                if 'seed' in data__trust_keys:
                    data__trust_keys.remove('seed')
                    data__trust__seed = data__trust['seed']
                    if not isinstance(data__trust__seed, int) and (not (isinstance(data__trust__seed, float) and data__trust__seed.is_integer())) or isinstance(data__trust__seed, bool):
                        raise ValueError
                    if isinstance(data__trust__seed, (int, float)) and (not isinstance(data__trust__seed, bool)):
                        if data__trust__seed < 0:
                            raise ValueError
                        if data__trust__seed > 9007199254740991:
                            raise ValueError
                if data__trust_keys:
                    raise ValueError
        if 'projection' in data_keys:
            data_keys.remove('projection')
            data__projection = data['projection']
            if not isinstance(data__projection, dict):
                raise ValueError
            data__projection_is_dict = isinstance(data__projection, dict)
            if data__projection_is_dict:
                data__projection_keys = set(data__projection.keys())
                if 'years' in data__projection_keys:
                    data__projection_keys.remove('years')
                    data__projection__years = data__projection['years']
                    if not isinstance(data__projection__years, int) and (not (isinstance(data__projection__years, float) and data__projection__years.is_integer())) or isinstance(data__projection__years, bool):
                        raise ValueError
                    if isinstance(data__projection__years, (int, float)) and (not isinstance(data__projection__years, bool)):
                        if data__projection__years < 1:
                            raise ValueError
                        if data__projection__years > 100:
                            raise ValueError
                if 'paths' in data__projection_keys:
                    data__projection_keys.remove('paths')
                    data__projection__paths = data__projection['paths']
                    if not isinstance(data__projection__paths, int) and (not (isinstance(data__projection__paths, float) and data__projection__paths.is_integer())) or isinstance(data__projection__paths, bool):
                        raise ValueError
                    if isinstance(data__projection__paths, (int, float)) and (not isinstance(data__projection__paths, bool)):
                        if data__projection__paths < 100:
                            raise ValueError
                        if data__projection__paths > 100000:
                            raise ValueError
                if 'model' in data__projection_keys:
                    data__projection_keys.remove('model')
                    data__projection__model = data__projection['model']
                    if not isinstance(data__projection__model, str):
                        raise ValueError
                    if not (isinstance(data__projection__model, str) and data__projection__model == 'block_bootstrap' or (isinstance(data__projection__model, str) and data__projection__model == 'iid_years') or (isinstance(data__projection__model, str) and data__projection__model == 'normal')):
                        raise ValueError
                if 'block_months' in data__projection_keys:
                    data__projection_keys.remove('block_months')
                    data__projection__blockmonths = data__projection['block_months']
                    if not isinstance(data__projection__blockmonths, int) and (not (isinstance(data__projection__blockmonths, float) and data__projection__blockmonths.is_integer())) or isinstance(data__projection__blockmonths, bool):
                        raise ValueError
                    if isinstance(data__projection__blockmonths, (int, float)) and (not isinstance(data__projection__blockmonths, bool)):
                        if data__projection__blockmonths < 1:
                            raise ValueError
                        if data__projection__blockmonths > 120:
                            raise ValueError
                if 'withdrawal' in data__projection_keys:
                    data__projection_keys.remove('withdrawal')
                    data__projection__withdrawal = data__projection['withdrawal']
                    if not isinstance(data__projection__withdrawal, dict):
                        raise ValueError
                    data__projection__withdrawal_is_dict = isinstance(data__projection__withdrawal, dict)
                    if data__projection__withdrawal_is_dict:
                        data__projection__withdrawal_keys = set(data__projection__withdrawal.keys())
                        if 'annual_rate' in data__projection__withdrawal_keys:
                            data__projection__withdrawal_keys.remove('annual_rate')
                            data__projection__withdrawal__annualrate = data__projection__withdrawal['annual_rate']
                            if not isinstance(data__projection__withdrawal__annualrate, (int, float)) or isinstance(data__projection__withdrawal__annualrate, bool):
                                raise ValueError
                            if isinstance(data__projection__withdrawal__annualrate, (int, float)) and (not isinstance(data__projection__withdrawal__annualrate, bool)):
                                if data__projection__withdrawal__annualrate < 0:
                                    raise ValueError
                                if data__projection__withdrawal__annualrate > 1:
                                    raise ValueError
                        if 'real' in data__projection__withdrawal_keys:
                            data__projection__withdrawal_keys.remove('real')
                            data__projection__withdrawal__real = data__projection__withdrawal['real']
                            if not isinstance(data__projection__withdrawal__real, bool):
                                raise ValueError
                        if data__projection__withdrawal_keys:
                            raise ValueError
                if 'inflation_rate' in data__projection_keys:
                    data__projection_keys.remove('inflation_rate')
                    data__projection__inflationrate = data__projection['inflation_rate']
                    if not isinstance(data__projection__inflationrate, (int, float)) or isinstance(data__projection__inflationrate, bool):
                        raise ValueError
                    if isinstance(data__projection__inflationrate, (int, float)) and (not isinstance(data__projection__inflationrate, bool)):
                        if data__projection__inflationrate < -0.1:
                            raise ValueError
                        if data__projection__inflationrate > 0.5:
                            raise ValueError
                if 'percentiles' in data__projection_keys:
                    data__projection_keys.remove('percentiles')
                    data__projection__percentiles = data__projection['percentiles']
                    if not isinstance(data__projection__percentiles, (list,)):
                        raise ValueError
                    data__projection__percentiles_is_list = isinstance(data__projection__percentiles, (list,))
                    if data__projection__percentiles_is_list:
                        data__projection__percentiles_len = len(data__projection__percentiles)
                        if data__projection__percentiles_len < 1:
                            raise ValueError
                        if data__projection__percentiles_len > 20:
                            raise ValueError

                        def fn(var):
                            return frozenset(dict(((k, fn(v)) for k, v in var.items())).items()) if hasattr(var, 'items') else tuple((fn(v) for v in var)) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                        if data__projection__percentiles_len > len(set((fn(data__projection__percentiles_x) for data__projection__percentiles_x in data__projection__percentiles))):
                            raise ValueError
                        for data__projection__percentiles_x, data__projection__percentiles_item in enumerate(data__projection__percentiles):
                            if not isinstance(data__projection__percentiles_item, (int, float)) or isinstance(data__projection__percentiles_item, bool):
                                raise ValueError
                            if isinstance(data__projection__percentiles_item, (int, float)) and (not isinstance(data__projection__percentiles_item, bool)):
                                if data__projection__percentiles_item < 0:
                                    raise ValueError
                                if data__projection__percentiles_item > 100:
                                    raise ValueError
                if 'seed' in data__projection_keys:
                    data__projection_keys.remove('seed')
                    data__projection__seed = data__projection['seed']
                    if not isinstance(data__projection__seed, int) and (not (isinstance(data__projection__seed, float) and data__projection__seed.is_integer())) or isinstance(data__projection__seed, bool):
                        raise ValueError
                    if isinstance(data__projection__seed, (int, float)) and (not isinstance(data__projection__seed, bool)):
                        if data__projection__seed < 0:
                            raise ValueError
                        if data__projection__seed > 9007199254740991:
                            raise ValueError
                if data__projection_keys:
                    raise ValueError
        if data_keys:
            raise ValueError
    return data
